//! Cognito's pools, as the runtime asks for them.

use async_trait::async_trait;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::error::Retry;
use tenantry_ports::identity::IdentityError;
use tenantry_ports::runtime::{Condition, RuntimeError, Step};

use super::aws::{SOON, pending};
use super::pools::Pools;
use crate::identity::Identity;

#[async_trait]
impl Pools for Identity {
    async fn ensure_pool(
        &self,
        tenant: &TenantId,
        tier: &str,
        known: Option<&PoolId>,
    ) -> Result<Step<(PoolId, ClientId)>, RuntimeError> {
        Self::ensure_pool(self, tenant, tier, known).await.map(Step::Ready).map_err(weigh)
    }

    async fn inspect_pool(&self, tenant: &TenantId, pool: &PoolId) -> Result<Condition, RuntimeError> {
        let drift = Self::inspect_pool(self, tenant, pool).await.map_err(weigh)?;
        Ok(drift.map_or(Condition::Sound, Condition::Drifted))
    }

    async fn remove_pool(&self, tenant: &TenantId, known: Option<&PoolId>) -> Result<Step<()>, RuntimeError> {
        Self::remove_pool(self, tenant, known).await.map(Step::Ready).map_err(weigh)
    }

    async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<Step<()>, RuntimeError> {
        Self::ensure_tenant_admin(self, pool, facts).await.map(Step::Ready).map_err(weigh)
    }

    async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<Step<()>, RuntimeError> {
        let done = Self::remove_tenant_users(self, pool, tenant).await.map_err(weigh)?;
        Ok(if done { Step::Ready(()) } else { pending(SOON, "the tenant's users are being removed") })
    }

    async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, RuntimeError> {
        Self::owned_pools(self).await.map_err(weigh)
    }

    fn issuer_url(&self, pool: &PoolId) -> String {
        Self::issuer_url(self, pool)
    }

    fn jwks_url(&self, pool: &PoolId) -> String {
        Self::jwks_url(self, pool)
    }
}

/// Its words are for the admin, such as that an address is taken.
fn weigh(error: IdentityError) -> RuntimeError {
    let (what, retry) = (error.to_string(), error.retryable());
    // Waiting does not raise a quota.
    let full = matches!(error, IdentityError::Full { .. });
    let cause = match error {
        IdentityError::Unavailable { cause, .. } | IdentityError::Broken { cause, .. } => cause,
        IdentityError::Busy { .. } | IdentityError::Full { .. } | IdentityError::Refused(_) => None,
    };
    match retry {
        Retry::After(after) if !full => RuntimeError::Transient { what, retry_after: Some(after), cause },
        Retry::After(_) | Retry::Never => RuntimeError::Permanent { what, cause },
    }
}
