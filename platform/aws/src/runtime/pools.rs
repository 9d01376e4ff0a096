//! What the runtime asks of the identity provider beside it.

use async_trait::async_trait;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::runtime::{Condition, RuntimeError, Step};

/// User pools. Each call may be repeated, and does one step.
#[async_trait]
pub trait Pools: Send + Sync {
    /// The tenant's own pool with its client and domain, found or made, and mended where its settings have drifted.
    async fn ensure_pool(
        &self,
        tenant: &TenantId,
        tier: &str,
        known: Option<&PoolId>,
    ) -> Result<Step<(PoolId, ClientId)>, RuntimeError>;

    async fn inspect_pool(&self, tenant: &TenantId, pool: &PoolId) -> Result<Condition, RuntimeError>;

    /// The tenant's own pool, and its domain before it.
    async fn remove_pool(&self, tenant: &TenantId, known: Option<&PoolId>) -> Result<Step<()>, RuntimeError>;

    /// The tenant's first user, who gets a mail when made.
    async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<Step<()>, RuntimeError>;

    /// All users of the tenant in that pool.
    async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<Step<()>, RuntimeError>;

    /// Pools that carry a tenant's tag of this stage.
    async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, RuntimeError>;

    fn issuer_url(&self, pool: &PoolId) -> String;

    fn jwks_url(&self, pool: &PoolId) -> String;
}
