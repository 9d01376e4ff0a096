//! What the catalogue may not take away: a tier that still has tenants, and what they share.
//!
//! A tier that moves to another placement does not move its tenants: each keeps the placement it was registered
//! with, and what stands on the stage there has to stay.

use anyhow::bail;
use tenantry_contract::catalogue::{Catalogue, Placement, Tier};
use tenantry_ports::store::TenantStore;
use tenantry_provisioner::plan;

pub async fn check(store: &dyn TenantStore, catalogue: &Catalogue) -> anyhow::Result<()> {
    let faults = faults(&store.tiers_in_use().await?, catalogue);
    if faults.is_empty() {
        return Ok(());
    }
    bail!("the catalogue does not fit the tenants there are:\n  {}", faults.join("\n  "))
}

fn faults(in_use: &[(String, Placement)], catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, placement) in in_use {
        match catalogue.tier(name) {
            None => faults.push(format!(
                "the tier {name:?} ({placement}) still has tenants; put it back, or offboard those tenants first"
            )),
            Some(tier) if !stage_carries(*placement, tier, catalogue) => faults.push(format!(
                "tenants of the tier {name:?} are still {placement}, and no tier is any more: what they share would be \
                 removed; keep a {placement} tier, or offboard those tenants first"
            )),
            Some(_) => {}
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Whether the stage has all that it would have if the tier were still placed there.
fn stage_carries(placement: Placement, tier: &Tier, catalogue: &Catalogue) -> bool {
    let mut before = catalogue.clone();
    before.tiers.push(Tier { placement, ..tier.clone() });
    plan::stage(&before) == plan::stage(catalogue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(tiers: &[(&str, &str)]) -> Catalogue {
        let tiers = tiers.iter().map(|(name, at)| format!("[[tiers]]\nname = {name:?}\nplacement = {at:?}\n"));
        let service = "[[services]]\nname = \"s\"\nport = 1\nhealth_path = \"/s/health\"\ncommand = [\"s\"]\n";
        Catalogue::parse(&(tiers.collect::<String>() + service)).unwrap()
    }

    fn told(in_use: &[(&str, Placement)], tiers: &[(&str, &str)]) -> Vec<String> {
        let in_use: Vec<_> = in_use.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect();
        faults(&in_use, &catalogue(tiers))
    }

    #[test]
    fn a_tier_with_tenants_stays() {
        let in_use = [("Basic", Placement::Pooled), ("gone", Placement::External)];
        let faults = told(&in_use, &[("basic", "pooled")]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("\"gone\" (external)"), "{faults:?}");
    }

    #[test]
    fn a_tier_may_move_while_what_its_tenants_share_stays() {
        let in_use = [("basic", Placement::Pooled), ("basic", Placement::DedicatedServices)];
        let moved = [("basic", "dedicated-services"), ("free", "pooled")];
        assert_eq!(told(&in_use, &moved), Vec::<String>::new());
        // A cluster of one's own stands on nothing that is shared.
        let in_use = [("top", Placement::DedicatedCluster)];
        assert_eq!(told(&in_use, &[("top", "external")]), Vec::<String>::new());
    }

    #[test]
    fn what_tenants_share_stays() {
        for (before, after) in [
            (Placement::Pooled, "dedicated-services"),
            (Placement::Pooled, "external"),
            (Placement::DedicatedServices, "dedicated-cluster"),
        ] {
            let faults = told(&[("basic", before)], &[("basic", after)]);
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].contains("\"basic\"") && faults[0].contains(before.as_str()), "{faults:?}");
        }
    }
}
