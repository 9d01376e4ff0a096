//! What becomes of the orphans that a sweep found.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::StoreError;
use tracing::{error, warn};

use super::PAGE;
use crate::core::{Core, chain};
use crate::meters;

/// Removals that are noted at once.
const REMOVALS: usize = 1_000;

/// Records what is to be reported and notes what may go. `complete` says that the sweep saw everything, so that what
/// it did not see is gone.
pub(super) async fn report(core: &Core, found: Vec<Orphan>, complete: bool) {
    let offboarded = offboarded(core, &found).await;
    let (leftovers, orphans): (Vec<_>, Vec<_>) = found.into_iter().partition(|o| offboarded.contains(&o.owner));
    for leftover in leftovers {
        warn!(owner = %leftover.owner, resource = %leftover.resource, native = leftover.native, "a leftover of an offboarded tenant is removed");
        core.removals.add(leftover);
    }
    let seen: BTreeSet<OrphanId> = orphans.iter().map(|orphan| orphan.id.clone()).collect();
    for orphan in &orphans {
        let Orphan { id, owner, resource, native, .. } = orphan;
        warn!(orphan = %id, %owner, %resource, native, "no inventory names this thing: see `tenantry orphans list`");
    }
    match core.orphans.record_orphans(orphans).await {
        Ok(new) => meters::orphans_found(new),
        Err(e) => return error!(error = chain(&e), "orphans could not be recorded"),
    }
    if let Err(e) = settle(core, &seen, complete).await {
        error!(error = chain(&e), "recorded orphans could not be read");
    }
}

/// Notes the removals that operators asked for.
pub(super) async fn note_requested(core: &Core) {
    match core.orphans.requested_orphan_removals(REMOVALS).await {
        Ok(orphans) => {
            for orphan in orphans {
                core.removals.add(orphan);
            }
        }
        Err(e) => error!(error = chain(&e), "requested removals of orphans could not be read"),
    }
}

/// Forgets what is gone, and notes what may go after its grace period.
async fn settle(core: &Core, seen: &BTreeSet<OrphanId>, complete: bool) -> Result<(), StoreError> {
    let now = core.now();
    let (mut with_data, mut without) = (0, 0);
    let mut request = PageRequest::first(PAGE);
    loop {
        let page = core.orphans.orphans(request).await?;
        for orphan in page.items {
            if complete && !seen.contains(&orphan.id) {
                core.orphans.forget_orphan(&orphan.id).await?;
            } else if orphan.holds_data {
                with_data += 1;
            } else {
                without += 1;
                if now.since(orphan.first_seen) >= core.config.orphan_grace {
                    core.removals.add(orphan);
                }
            }
        }
        match page.next {
            Some(next) => request = PageRequest { limit: PAGE, after: Some(next) },
            None => break,
        }
    }
    meters::orphans(with_data, without);
    Ok(())
}

/// Owners whose offboarding the store records. An owner whose record cannot be read is none of them.
async fn offboarded(core: &Core, found: &[Orphan]) -> BTreeSet<Owner> {
    let mut known: BTreeMap<&Owner, bool> = BTreeMap::new();
    for Orphan { owner, .. } in found {
        if let (Some(id), false) = (owner.tenant(), known.contains_key(owner)) {
            let record = core.tenants.tenant(id).await;
            let record = record.inspect_err(|e| error!(%owner, error = chain(e), "a tenant could not be read"));
            let is_offboarded = record.ok().flatten().as_ref().is_some_and(TenantRecord::is_offboarded);
            known.insert(owner, is_offboarded);
        }
    }
    known.into_iter().filter(|(_, is)| *is).map(|(owner, _)| owner.clone()).collect()
}
