//! Finding pools by name, and making one.

use aws_sdk_cognitoidentityprovider::types::{UserPoolDescriptionType, UserPoolType};
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_ports::identity::IdentityError;

use super::super::Identity;
use super::super::errors::refused;
use super::settings::{PoolSettings, owner_of};
use crate::fault::call;
use crate::limits::Family;

/// Cognito's bound for a page.
const PAGE: i32 = 60;

impl Identity {
    /// Pools whose names say that they are tenants' of this stage.
    pub async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, IdentityError> {
        let mut owned = Vec::new();
        for pool in self.listed().await? {
            let tenant = pool.name().and_then(|name| owner_of(&self.0.config.stage, name));
            if let (Some(tenant), Some(id)) = (tenant, pool.id()) {
                owned.push((Owner::Tenant(tenant), parse(id)?));
            }
        }
        Ok(owned)
    }

    /// The tenant's pool by its name: the oldest, if a call that went unanswered was made twice.
    pub(super) async fn find_pool(&self, tenant: &TenantId) -> Result<Option<UserPoolType>, IdentityError> {
        let mut named = self.listed().await?;
        named.retain(|pool| pool.name().and_then(|name| owner_of(&self.0.config.stage, name)).as_ref() == Some(tenant));
        named.sort_by_key(|pool| pool.creation_date().map(aws_smithy_types::DateTime::as_nanos));
        for pool in named {
            if let Some(found) = self.described(&parse(pool.id().unwrap_or_default())?).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn listed(&self) -> Result<Vec<UserPoolDescriptionType>, IdentityError> {
        let (cognito, mut all, mut next) = (&self.0.cognito, Vec::new(), None);
        loop {
            let named = call("cognito-idp:ListUserPools", "user pools");
            let sent = cognito.client.list_user_pools().max_results(PAGE).set_next_token(next).send();
            let page = cognito.ask(Family::CognitoPoolRead, named, sent).await?;
            all.extend(page.user_pools.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// Once, without the SDK's retries: each call makes another pool.
    pub(super) async fn make_pool(&self, settings: &PoolSettings) -> Result<UserPoolType, IdentityError> {
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:CreateUserPool", format!("user pool {}", settings.name));
        let sent = settings.create(&cognito.once)?.send();
        let made = cognito.ask(Family::CognitoPoolUpdate, named.clone(), sent).await?;
        Ok(made.user_pool.ok_or_else(|| named.nonsense("Cognito did not say what it made"))?)
    }

    /// Brings what may have drifted back to what it should be.
    pub(super) async fn mend_pool(
        &self,
        settings: &PoolSettings,
        id: &PoolId,
        pool: &UserPoolType,
    ) -> Result<(), IdentityError> {
        let cognito = &self.0.cognito;
        let missing = settings.missing_attributes(pool)?;
        if !missing.is_empty() {
            let named = call("cognito-idp:AddCustomAttributes", format!("user pool {id}"));
            let add = cognito.client.add_custom_attributes().user_pool_id(id.as_str());
            let sent = add.set_custom_attributes(Some(missing)).send();
            cognito.ask(Family::CognitoPoolResourceUpdate, named, sent).await?;
        }
        let drift = settings.settings_drift(pool);
        if !drift.is_empty() {
            tracing::info!(%id, drift = drift.join(", "), "a pool is mended");
            let named = call("cognito-idp:UpdateUserPool", format!("user pool {id}"));
            let sent = settings.update(&cognito.client, id, pool)?.send();
            cognito.ask(Family::CognitoPoolUpdate, named, sent).await?;
        }
        Ok(())
    }
}

pub(super) fn id(pool: &UserPoolType) -> Result<PoolId, IdentityError> {
    parse(pool.id().unwrap_or_default())
}

fn parse(id: &str) -> Result<PoolId, IdentityError> {
    PoolId::parse(id).map_err(|_| refused(format!("Cognito names a user pool {id:?}, which is no id")))
}
