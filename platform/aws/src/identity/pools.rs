//! Tenants' own pools, as the runtime asks for them: one step after another, each as often as it likes.
//!
//! Before a pool is made, it is written down that it may be; so only after a crash or an unanswered call is a pool
//! looked for by its name, which AWS has no index of.

mod client;
mod domain;
mod find;
mod settings;

use aws_sdk_cognitoidentityprovider::types::UserPoolType;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_ports::identity::IdentityError;

pub(crate) use self::settings::PoolSettings;
pub(super) use self::settings::{CUSTOM, tags};
use super::Identity;
use super::calls::{NO_POOL, there};
use super::errors::{refused, stored};
use super::records::{OwnPool, PoolRecord, gone_key, own_pool_key, pool_key};
use crate::fault::call;
use crate::limits::Family;
use crate::table::{Expression, Outcome, expires_at};

/// How long a removed tenant is remembered as gone: longer than any token of its users is good.
const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(2 * 24 * 3600);

impl Identity {
    /// The tenant's own pool with its client and domain: found or made, and mended where it has drifted. `known` is
    /// what the inventory says of it.
    #[tracing::instrument(name = "identity.pool.ensure", skip_all, fields(%tenant))]
    pub async fn ensure_pool(
        &self,
        tenant: &TenantId,
        tier: &str,
        known: Option<&PoolId>,
    ) -> Result<(PoolId, ClientId), IdentityError> {
        let record = self.own_pool(tenant).await?;
        let recorded = record.pool.clone().or_else(|| known.cloned());
        let settings = PoolSettings::of_tenant(&self.0.config, tenant, tier);
        let mut pool = match recorded {
            Some(id) => self.described(&id).await?,
            None => None,
        };
        if pool.is_none() && record.making {
            pool = self.find_pool(tenant).await?;
        }
        let pool = if let Some(pool) = pool {
            // Of a pool that our record names, the name does as well: lost tags are mended.
            if record.pool.as_ref() != Some(&find::id(&pool)?) || !self.is_named_as_of(tenant, &pool) {
                self.check_tags(tenant, &pool)?;
            }
            pool
        } else {
            self.intend_pool(tenant).await?;
            self.make_pool(&settings).await?
        };
        let id = find::id(&pool)?;
        self.mend_pool(&settings, &id, &pool).await?;
        let client = self.ensure_client(&id, &settings.name, record.client.as_ref()).await?;
        self.ensure_domain(&id, pool.domain(), &client).await?;
        let there = OwnPool { pool: Some(id.clone()), client: Some(client.clone()), making: false };
        if record != there || self.is_gone(tenant).await? {
            self.record_pool(tenant, &id, &client).await?;
        }
        Ok((id, client))
    }

    /// What is not as it should be of the tenant's pool, in words. Reads only.
    pub async fn inspect_pool(&self, tenant: &TenantId, pool: &PoolId) -> Result<Option<String>, IdentityError> {
        let record = self.own_pool(tenant).await?;
        let (Some(recorded), Some(client)) = (&record.pool, &record.client) else {
            return Ok(Some("the tenant's pool is not recorded".to_owned()));
        };
        if recorded != pool {
            return Ok(Some(format!("the tenant's pool is recorded as {recorded}")));
        }
        let Some(found) = self.described(pool).await? else { return Ok(Some("its pool is gone".to_owned())) };
        // The tier in the tags is as it was when the pool was made.
        let settings = PoolSettings::of_tenant(&self.0.config, tenant, "");
        if let Some(drift) = settings.drift(&found) {
            return Ok(Some(drift));
        }
        if found.domain() != Some(client.as_str()) {
            return Ok(Some("its domain is another one, or none".to_owned()));
        }
        self.client_drift(pool, &settings.name, client).await
    }

    /// Removes the tenant's pool: its domain before it, and then what is remembered of its users. Pools that are
    /// not tagged as the tenant's are never removed.
    #[tracing::instrument(name = "identity.pool.remove", skip_all, fields(%tenant))]
    pub async fn remove_pool(&self, tenant: &TenantId, known: Option<&PoolId>) -> Result<(), IdentityError> {
        let record = self.own_pool(tenant).await?;
        if let (Some(known), Some(recorded)) = (known, &record.pool)
            && known != recorded
        {
            // A twin that no record names; the tenant keeps its own.
            return self.delete_pool(tenant, known).await;
        }
        self.bid_farewell(tenant, known.or(record.pool.as_ref())).await?;
        if let Some(pool) = record.pool.as_ref().or(known) {
            self.delete_pool(tenant, pool).await?;
        }
        if record.making {
            while let Some(pool) = self.find_pool(tenant).await? {
                self.delete_pool(tenant, &find::id(&pool)?).await?;
            }
        }
        self.forget_users(tenant).await?;
        let mut intent = self.0.database.intent();
        intent.delete(own_pool_key(tenant));
        intent.commit().await.map(drop).map_err(stored)
    }

    /// From now on the tenant's issuer is none of ours, and the tenant gets no more users.
    pub(super) async fn bid_farewell(&self, tenant: &TenantId, pool: Option<&PoolId>) -> Result<(), IdentityError> {
        let mut intent = self.0.database.intent();
        let (name, until) = expires_at(intent.now.plus(REMEMBERED));
        let gone = Expression::new(format!("SET #gone = :yes, #{name} = :until")).text("yes", "yes");
        intent.update(gone_key(tenant), gone.value("until", until));
        if let Some(pool) = pool {
            intent.delete_if(pool_key(pool), nobody_elses(tenant));
            self.0.known.forget(pool);
        }
        match intent.commit().await.map_err(stored)? {
            Outcome::Written => Ok(()),
            Outcome::Refused(_) => Err(another_tenants(pool)),
        }
    }

    /// Takes the farewell back.
    pub(super) async fn welcome(&self, tenant: &TenantId) -> Result<(), IdentityError> {
        let mut intent = self.0.database.intent();
        intent.delete(gone_key(tenant));
        intent.commit().await.map(drop).map_err(stored)
    }

    /// Whether the tenant was removed: it gets no more users.
    pub(super) async fn is_gone(&self, tenant: &TenantId) -> Result<bool, IdentityError> {
        Ok(self.0.database.get(&gone_key(tenant)).await.map_err(stored)?.is_some())
    }

    pub(super) async fn own_pool(&self, tenant: &TenantId) -> Result<OwnPool, IdentityError> {
        let item = self.0.database.get(&own_pool_key(tenant)).await.map_err(stored)?;
        OwnPool::read(item.as_ref()).map_err(stored)
    }

    pub(super) async fn pool_record(&self, pool: &PoolId) -> Result<Option<PoolRecord>, IdentityError> {
        let item = self.0.database.get(&pool_key(pool)).await.map_err(stored)?;
        item.as_ref().map(PoolRecord::read).transpose().map_err(stored)
    }

    /// Writes down that a pool may be there from now on.
    async fn intend_pool(&self, tenant: &TenantId) -> Result<(), IdentityError> {
        let mut intent = self.0.database.intent();
        let making = "SET #making = :yes REMOVE #pool, #client";
        intent.update(own_pool_key(tenant), Expression::new(making).text("yes", "yes"));
        intent.delete(gone_key(tenant));
        intent.commit().await.map(drop).map_err(stored)
    }

    async fn record_pool(&self, tenant: &TenantId, pool: &PoolId, client: &ClientId) -> Result<(), IdentityError> {
        let mut intent = self.0.database.intent();
        let there = Expression::new("SET #pool = :pool, #client = :client REMOVE #making");
        intent.update(own_pool_key(tenant), there.text("pool", pool.as_str()).text("client", client.as_str()));
        intent.delete(gone_key(tenant));
        let record = PoolRecord { tenant: tenant.clone(), client: client.clone() };
        intent.put_if(pool_key(pool), record.attributes(), nobody_elses(tenant));
        if let Outcome::Refused(_) = intent.commit().await.map_err(stored)? {
            return Err(another_tenants(Some(pool)));
        }
        self.0.known.forget(pool);
        Ok(())
    }

    pub(super) async fn described(&self, pool: &PoolId) -> Result<Option<UserPoolType>, IdentityError> {
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:DescribeUserPool", format!("user pool {pool}"));
        let sent = cognito.client.describe_user_pool().user_pool_id(pool.as_str()).send();
        let found = there(cognito.ask(Family::CognitoPoolRead, named, sent).await, NO_POOL)?;
        Ok(found.and_then(|found| found.user_pool))
    }

    async fn delete_pool(&self, tenant: &TenantId, pool: &PoolId) -> Result<(), IdentityError> {
        let Some(found) = self.described(pool).await? else { return Ok(()) };
        self.check_tags(tenant, &found)?;
        if let Some(domain) = found.domain() {
            self.delete_domain(pool, domain).await?;
        }
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:DeleteUserPool", format!("user pool {pool}"));
        let sent = cognito.client.delete_user_pool().user_pool_id(pool.as_str()).send();
        there(cognito.ask(Family::CognitoPoolUpdate, named, sent).await, NO_POOL)?;
        Ok(())
    }

    /// A pool is named once, by us, and nobody but us may name one so.
    fn is_named_as_of(&self, tenant: &TenantId, pool: &UserPoolType) -> bool {
        pool.name().and_then(|name| settings::owner_of(&self.0.config.stage, name)).as_ref() == Some(tenant)
    }

    fn check_tags(&self, tenant: &TenantId, pool: &UserPoolType) -> Result<(), IdentityError> {
        let whose = tags::read(&self.0.config.stage, pool.user_pool_tags());
        if whose.as_ref() == Some(tenant) {
            return Ok(());
        }
        let id = pool.id().unwrap_or_default();
        let stage = &self.0.config.stage;
        Err(refused(format!(
            "user pool {id} is not tagged as tenant {tenant}'s of the stage {stage}; it is left alone"
        )))
    }
}

/// Of the record of whose a pool is.
fn nobody_elses(tenant: &TenantId) -> Expression {
    Expression::new("attribute_not_exists(#pk) OR #tenant = :tenant").text("tenant", tenant.as_str())
}

fn another_tenants(pool: Option<&PoolId>) -> IdentityError {
    let pool = pool.map_or("", PoolId::as_str);
    refused(format!("user pool {pool} is recorded as another tenant's; it is left alone"))
}
