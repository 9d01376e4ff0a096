//! What the runtime asks of the identity provider beside it.

use async_trait::async_trait;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::identity::IdentityError;

/// User pools, as the local issuer keeps them. Each call may be repeated.
#[async_trait]
pub trait Pools: Send + Sync {
    /// The owner's pool and its application client, made if there is none.
    async fn ensure_pool(&self, owner: &Owner) -> Result<(PoolId, ClientId), IdentityError>;

    async fn remove_pool(&self, owner: &Owner) -> Result<(), IdentityError>;

    /// The tenant's first user, who gets a mail when made.
    async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<(), IdentityError>;

    /// All users of the tenant in that pool.
    async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<(), IdentityError>;

    async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, IdentityError>;

    /// Lets a service manage the users of that pool and nothing else.
    fn service_token(&self, pool: &PoolId) -> String;

    /// Where a service uses that token.
    fn users_url(&self, pool: &PoolId) -> String;

    /// Where a service reads the keys of that pool's tokens.
    fn jwks_url(&self, pool: &PoolId) -> String;

    fn issuer_url(&self, pool: &PoolId) -> String;
}
