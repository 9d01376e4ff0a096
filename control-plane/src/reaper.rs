//! The deadline reaper: nothing stays under way for ever.

use std::time::Duration;

use tenantry_contract::id::TenantId;
use tenantry_ports::ids::Ids;
use tenantry_ports::store::StoreError;
use tenantry_web::problem::chain;
use tokio_util::sync::CancellationToken;

use crate::meters;
use crate::state::ControlPlane;

/// Deadlines are minutes; nobody misses these seconds.
const EVERY: Duration = Duration::from_secs(5);

const BATCH: usize = 100;

/// Looks for operations whose time has passed until it is stopped.
pub async fn run_reaper(cp: ControlPlane, stop: CancellationToken) {
    loop {
        let more = match reap(&cp).await {
            Ok(found) => found.changed > 0 && found.overdue == BATCH,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "deadlines cannot be looked at; asking again");
                false
            }
        };
        let pause = if more { Duration::ZERO } else { jittered(EVERY, cp.ids.as_ref()) };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

struct Found {
    overdue: usize,
    changed: usize,
}

#[tracing::instrument(level = "debug", name = "control_plane.operation.reap", skip_all)]
async fn reap(cp: &ControlPlane) -> Result<Found, StoreError> {
    let overdue = cp.store.overdue(cp.clock.now(), BATCH).await?;
    let mut changed = 0;
    for tenant in &overdue {
        match cp.store.expire(tenant).await {
            Ok(true) => {
                changed += 1;
                note(cp, tenant).await;
            }
            // It ended, or began anew, in between.
            Ok(false) => {}
            Err(error) => tracing::warn!(error = %chain(&error), %tenant, "an overdue operation could not be ended"),
        }
    }
    Ok(Found { overdue: overdue.len(), changed })
}

async fn note(cp: &ControlPlane, tenant: &TenantId) {
    tracing::info!(%tenant, "an operation's time has passed");
    if let Ok(Some(record)) = cp.store.tenant(tenant).await
        && let Some(operation) = &record.operation
    {
        meters::ended(operation);
    }
}

/// Between three quarters and five quarters of it, so that processes do not look in step.
fn jittered(every: Duration, ids: &dyn Ids) -> Duration {
    let mut bits = [0; 2];
    ids.fill(&mut bits);
    every.mul_f64(0.75 + 0.5 * f64::from(u16::from_be_bytes(bits)) / f64::from(u16::MAX))
}
