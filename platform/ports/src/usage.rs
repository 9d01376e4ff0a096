//! How much a tenant uses: counted by the gateway, one call a request.

use async_trait::async_trait;
use tenantry_contract::id::TenantId;

use crate::store::StoreError;

#[async_trait]
pub trait Usage: Send + Sync {
    /// Counts a request of the tenant on a day (`2026-11-22`), unless that would exceed `limit`.
    async fn take(&self, tenant: &TenantId, day: &str, limit: u64) -> Result<Counted, StoreError>;

    /// What was counted.
    async fn used(&self, tenant: &TenantId, day: &str) -> Result<u64, StoreError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Within { used: u64 },
    Over,
}
