//! The engine: its loops, begun and ended together.

mod claims;
mod doorbell;
mod sweep;

use std::sync::Arc;

use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::WorkerId;
use tenantry_contract::resource::Owner;
use tenantry_ports::bus::{Bus, Consumer};
use tenantry_ports::clock::Clock;
use tenantry_ports::error::Retry;
use tenantry_ports::ids::Ids;
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::runtime::Runtime;
use tenantry_ports::store::{StoreError, TenantStore};
use tenantry_ports::work::WorkStore;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use self::claims::Claims;
use self::doorbell::Doorbell;
use crate::backoff::Memory;
use crate::config::EngineConfig;
use crate::core::{Core, chain};
use crate::goal::Plans;
use crate::meters;
use crate::removals::PendingRemovals;
use crate::stage::Stage;

/// What an engine works with.
pub struct EngineDeps {
    pub work: Arc<dyn WorkStore>,
    /// Read by the sweep alone: whether an orphan's owner was offboarded.
    pub tenants: Arc<dyn TenantStore>,
    pub orphans: Arc<dyn OrphanStore>,
    pub runtime: Arc<dyn Runtime>,
    pub bus: Arc<dyn Bus>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub catalogue: Arc<Catalogue>,
    pub worker: WorkerId,
}

pub struct Engine {
    deps: EngineDeps,
    config: EngineConfig,
}

impl Engine {
    pub fn new(deps: EngineDeps, config: EngineConfig) -> Self {
        Self { deps, config }
    }

    /// Works until `stop`, and then until what is in flight is recorded.
    pub async fn run(self, stop: CancellationToken) {
        meters::begin();
        let EngineDeps { work, tenants, orphans, runtime, bus, clock, ids, catalogue, worker } = self.deps;
        let inbox = bus.inbox(Consumer::Provisioner);
        let core = Arc::new(Core {
            work,
            tenants,
            orphans,
            runtime,
            clock,
            ids,
            worker,
            config: self.config,
            plans: Plans::new(catalogue),
            stage: Stage::default(),
            memory: Memory::default(),
            removals: PendingRemovals::default(),
            stop,
        });
        info!(worker = %core.worker, "the provisioner begins");
        let rung = Arc::new(Notify::new());
        begin(&core).await;
        let doorbell = Doorbell { core: core.clone(), inbox, rung: rung.clone() };
        let claims = Claims::new(core.clone(), rung.clone());
        tokio::join!(claims.run(), doorbell.run(), sweep::run(&core, &rung));
        info!(worker = %core.worker, "the provisioner has ended");
    }
}

/// The stage is looked at whenever an engine starts, and so is what the machine may have forgotten.
async fn begin(core: &Core) {
    let now = core.now();
    persist(core, "the stage was not looked at", || core.work.ring(&[Owner::Stage], now)).await;
    if core.config.forgetful_runtime {
        persist(core, "what is watched was not looked at", || core.work.ring_watched(now)).await;
    }
}

/// Does a thing until the store has done it, or it never will, or we stop. False if it was not done.
async fn persist<F>(core: &Core, failed: &'static str, mut attempt: impl FnMut() -> F) -> bool
where
    F: Future<Output = Result<(), StoreError>>,
{
    loop {
        let Err(e) = attempt().await else { return true };
        let Retry::After(pause) = e.retryable() else {
            error!(error = chain(&e), "{failed}");
            return false;
        };
        error!(error = chain(&e), "{failed}; trying again");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = core.stop.cancelled() => return false,
        }
    }
}
