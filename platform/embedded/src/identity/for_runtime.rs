//! What the runtime beside it asks of the issuer.

use async_trait::async_trait;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::identity::IdentityError;

use super::Identity;
use crate::runtime::Pools;

#[async_trait]
impl Pools for Identity {
    async fn ensure_pool(&self, owner: &Owner) -> Result<(PoolId, ClientId), IdentityError> {
        Self::ensure_pool(self, owner).await
    }

    async fn remove_pool(&self, owner: &Owner) -> Result<(), IdentityError> {
        Self::remove_pool(self, owner).await
    }

    async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<(), IdentityError> {
        Self::ensure_tenant_admin(self, pool, facts).await
    }

    async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<(), IdentityError> {
        Self::remove_tenant_users(self, pool, tenant).await
    }

    async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, IdentityError> {
        Self::owned_pools(self).await
    }

    fn service_token(&self, pool: &PoolId) -> String {
        Self::service_token(self, pool)
    }

    fn users_url(&self, pool: &PoolId) -> String {
        Self::users_url(self, pool)
    }

    fn jwks_url(&self, pool: &PoolId) -> String {
        Self::jwks_url(self, pool)
    }

    fn issuer_url(&self, pool: &PoolId) -> String {
        Self::issuer_url(self, pool)
    }
}
