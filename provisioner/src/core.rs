//! What every pass stands on.

use std::sync::Arc;

use tenantry_contract::id::WorkerId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::runtime::Runtime;
use tenantry_ports::store::TenantStore;
use tenantry_ports::work::WorkStore;
use tokio_util::sync::CancellationToken;

use crate::backoff::{Memory, jitter};
use crate::config::EngineConfig;
use crate::goal::Plans;
use crate::removals::PendingRemovals;
use crate::stage::Stage;

pub(crate) struct Core {
    pub work: Arc<dyn WorkStore>,
    pub tenants: Arc<dyn TenantStore>,
    pub orphans: Arc<dyn OrphanStore>,
    pub runtime: Arc<dyn Runtime>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub worker: WorkerId,
    pub config: EngineConfig,
    pub plans: Plans,
    pub stage: Stage,
    pub memory: Memory,
    pub removals: PendingRemovals,
    /// Take nothing new.
    pub stop: CancellationToken,
}

impl Core {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// About `after` from now.
    pub fn about(&self, after: std::time::Duration) -> Timestamp {
        self.now().plus(jitter(after, &*self.ids))
    }
}

/// An error with everything that caused it, for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
