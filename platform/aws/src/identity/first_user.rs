//! A tenant's first user, as the runtime asks for it.

use tenantry_contract::id::PoolId;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser};

use super::Identity;
use super::errors::refused;
use super::records::State;
use super::tenant_users::Maker;

const TENANT_ADMIN: &str = "tenant-admin";

impl Identity {
    /// The tenant's first user, with the mail that says so. A user that is there already is left as it is.
    #[tracing::instrument(name = "identity.tenant_admin.ensure", skip_all, fields(%pool, tenant = %facts.id))]
    pub async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<(), IdentityError> {
        let shared = self.0.config.pooled.as_ref().is_some_and(|shared| shared.id == *pool);
        if !shared && self.pool_record(pool).await?.is_none_or(|record| record.tenant != facts.id) {
            return Err(refused(format!("the user pool {pool} is not for users of tenant {}", facts.id)));
        }
        if self.is_gone(&facts.id).await? {
            self.welcome(&facts.id).await?;
        }
        let new = NewTenantUser {
            name: TENANT_ADMIN.to_owned(),
            email: facts.email.clone(),
            role: "TenantAdmin".to_owned(),
            tenant_name: facts.name.as_str().to_owned(),
            tenant_tier: facts.tier.clone(),
        };
        match self.create_user(pool, &facts.id, new, Maker::Worker).await? {
            Made::New(_) => Ok(()),
            Made::Taken => match self.user(&facts.id, TENANT_ADMIN).await? {
                Some(known) if known.state == State::There => Ok(()),
                _ => Err(refused("another user of the pool signs in with the tenant admin's e-mail")),
            },
        }
    }
}
