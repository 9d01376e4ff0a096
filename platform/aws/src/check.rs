//! A look at a stage: what its roles need, what of it is there, and how to mend the rest. It changes nothing, and
//! nothing waits for it: no role asks for it at its start.

mod actions;
mod bus;
mod finding;
mod permissions;
mod place;
mod pooled;
mod pools;
mod quotas;
mod tables;

use aws_config::SdkConfig;
use tenantry_contract::event::Sources;
use tenantry_contract::want::Want;

pub use self::actions::Actor;
use self::finding::Findings;
pub use self::finding::{Finding, State};
use crate::bus::Queues;
use crate::identity::Pools;
use crate::table::Tables;
use crate::whereabouts::whereabouts;

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Whose needs.
    pub actors: Vec<Actor>,
    pub tables: Tables,
    pub queues: Queues,
    pub sources: Sources,
    pub pools: Pools,
    /// Ids of Cloud Map namespaces.
    pub namespaces: Vec<String>,
    /// Where tenants' services run; none if no provisioner is among the actors.
    pub site: Option<Site>,
}

#[derive(Debug, Clone)]
pub struct Site {
    pub cluster: String,
    pub subnets: Vec<String>,
    pub gateway_group: String,
    pub provisioner_group: String,
    pub execution_role: String,
    pub boundary: Option<String>,
    /// What the stage is to have by its catalogue.
    pub pooled: Vec<Want>,
    /// Begins the names of tables that tenants share.
    pub shared_tables: String,
}

/// Tells of each thing as it goes; whatever cannot be looked at is in nothing else's way.
pub async fn check(sdk: &SdkConfig, stage: &Stage, told: impl FnMut(Finding)) {
    let mut findings = Findings::new(told);
    let here = match whereabouts(sdk).await {
        Ok(here) => {
            let name = here.caller.rsplit(':').next().unwrap_or_default();
            findings.fine(format!("credentials of {name} in account {}, {}", here.account, here.region));
            here
        }
        Err(fault) => return findings.wrong("credentials", format!("{fault}; nothing else can be looked at")),
    };
    tables::look(sdk, &stage.tables, &mut findings).await;
    bus::look(sdk, stage, &mut findings).await;
    pools::look(sdk, &stage.pools, &mut findings).await;
    place::look(sdk, stage, &mut findings).await;
    pooled::look(sdk, stage, &mut findings).await;
    permissions::look(sdk, stage, &here, &mut findings).await;
    quotas::look(sdk, stage, &mut findings).await;
}
