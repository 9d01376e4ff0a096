//! From a tenant's record, or the stage, to the native resources there should be.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use tenantry_contract::catalogue::{Catalogue, Placement};
use tenantry_contract::lifecycle::{Presence, presence};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::want::{Desired, TenantFacts, Want};
use tenantry_ports::runtime::{Runtime, RuntimeError};

use crate::diff::Goal;
use crate::plan;

/// The plans of a catalogue, each made once: a plan is the same for every tenant of a placement.
pub(crate) struct Plans {
    catalogue: Arc<Catalogue>,
    present: [OnceLock<Vec<Want>>; Placement::ALL.len()],
    at_rest: [OnceLock<Vec<Want>>; Placement::ALL.len()],
}

impl Plans {
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, present: Default::default(), at_rest: Default::default() }
    }

    /// Whether tenants of this tier are somebody else's work.
    pub fn is_external(record: &TenantRecord) -> bool {
        record.placement == Placement::External
    }

    pub fn goal(
        &self,
        owner: &Owner,
        record: Option<&TenantRecord>,
        runtime: &dyn Runtime,
    ) -> Result<Goal, RuntimeError> {
        let (tenant, wants) = match (owner, record) {
            (Owner::Stage, _) => (None, plan::stage(&self.catalogue)),
            // An owner that nobody knows has nothing.
            (Owner::Tenant(_), None) => return Ok(absent()),
            (Owner::Tenant(_), Some(record)) => {
                let presence = presence(record);
                if presence == Presence::Absent {
                    return Ok(absent());
                }
                let facts = facts(record);
                let wants = self.wants(&facts, presence);
                (Some(facts), wants)
            }
        };
        let desired = Desired { owner: owner.clone(), tenant, wants };
        let wanted = runtime.lower(&desired)?.into_iter().map(|r| (r.id.clone(), r)).collect();
        Ok(Goal { wanted, absent: false, needed: BTreeSet::new() })
    }

    fn wants(&self, facts: &TenantFacts, presence: Presence) -> Vec<Want> {
        let cache = if presence == Presence::AtRest { &self.at_rest } else { &self.present };
        let made = || plan::tenant(facts, presence, &self.catalogue);
        match Placement::ALL.iter().position(|p| *p == facts.placement) {
            Some(at) => cache[at].get_or_init(made).clone(),
            None => made(),
        }
    }
}

fn absent() -> Goal {
    Goal { absent: true, ..Goal::default() }
}

fn facts(record: &TenantRecord) -> TenantFacts {
    TenantFacts {
        id: record.tenant_id.clone(),
        name: record.name.clone(),
        email: record.sign_in_email().clone(),
        tier: record.tier.clone(),
        placement: record.placement,
    }
}
