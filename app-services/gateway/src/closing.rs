//! Tenants that are closed in this very process: nobody has to wait until what is believed of them is stale.

use std::sync::Arc;

use tenantry_contract::id::TenantId;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::gateway::Gateway;

/// Forgets how each named tenant stood, until nobody names any more.
pub async fn heed_closings(gateway: Arc<Gateway>, mut closings: Receiver<TenantId>) {
    loop {
        match closings.recv().await {
            Ok(tenant) => gateway.standings.forget(&tenant),
            Err(RecvError::Lagged(_)) => gateway.standings.forget_all(),
            Err(RecvError::Closed) => return,
        }
    }
}
