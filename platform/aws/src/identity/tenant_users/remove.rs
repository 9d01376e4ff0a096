//! Removing users: recorded as going, then out of Cognito, then forgotten.

use tenantry_contract::id::{PoolId, TenantId};
use tenantry_ports::identity::IdentityError;

use super::super::Identity;
use super::super::calls::{NO_POOL, NO_USER, there};
use super::super::errors::stored;
use super::super::records::{State, USER, UserRecord, login_key, user_key, users_of};
use crate::fault::call;
use crate::limits::Family;
use crate::table::{Expression, Outcome, Query};

/// Users of a tenant that are removed in one go.
const AT_ONCE: usize = 25;

impl Identity {
    /// Whatever state it is in.
    pub(in crate::identity) async fn remove_user(
        &self,
        tenant: &TenantId,
        mut user: UserRecord,
    ) -> Result<(), IdentityError> {
        if user.state != State::Removing {
            let seen = Expression::new("#version = :seen").text("seen", user.version.clone());
            user.state = State::Removing;
            user.version = self.0.database.ids().fresh();
            let mut intent = self.0.database.intent();
            intent.put_if(user_key(tenant, &user.name), user.attributes().map_err(stored)?, seen);
            if let Outcome::Refused(_) = intent.commit().await.map_err(stored)? {
                return Err(IdentityError::Busy { retry_after: std::time::Duration::from_millis(200) });
            }
        }
        if let Some(username) = self.username_of(tenant, &user).await? {
            let cognito = &self.0.cognito;
            let named = call("cognito-idp:AdminDeleteUser", format!("a user of pool {}", user.pool));
            let delete = cognito.client.admin_delete_user().user_pool_id(user.pool.as_str());
            let gone = cognito.ask(Family::CognitoUserUpdate, named, delete.username(username).send()).await;
            match there(gone, NO_USER) {
                Err(error) if error.is(NO_POOL) => {}
                other => drop(other?),
            }
        }
        self.forget_user(tenant, &user).await
    }

    /// Cognito's name for the user; one that was never told is looked for by e-mail. Whose the user is, is Cognito's to
    /// say: a dedicated tenant's record of it is written by the tenant's own service.
    async fn username_of(&self, tenant: &TenantId, user: &UserRecord) -> Result<Option<String>, IdentityError> {
        let known = user.username.as_deref().unwrap_or(user.email.as_str());
        match self.in_cognito(&user.pool, known).await {
            Err(error) if error.is(NO_POOL) => Ok(None),
            found => Ok(found?.filter(|found| found.tenant == tenant.as_str()).map(|found| found.username)),
        }
    }

    /// The record and the e-mails it holds, unless another writer has been at it.
    pub(in crate::identity) async fn forget_user(
        &self,
        tenant: &TenantId,
        user: &UserRecord,
    ) -> Result<(), IdentityError> {
        let mut emails = vec![user.email.clone()];
        emails.extend(user.pending.as_ref().and_then(|pending| pending.email.clone()));
        emails.dedup_by_key(|email| email.folded());
        loop {
            let mut intent = self.0.database.intent();
            let mine =
                Expression::new("attribute_not_exists(#pk) OR #version = :mine").text("mine", user.version.clone());
            intent.delete_if(user_key(tenant, &user.name), mine);
            let logins = emails.iter().map(|email| {
                let ours = Expression::new("attribute_not_exists(#pk) OR (#tenant = :tenant AND #user = :user)")
                    .text("tenant", tenant.as_str())
                    .text("user", user.name.clone());
                intent.delete_if(login_key(&user.pool, email), ours)
            });
            let logins: Vec<_> = logins.collect();
            let Outcome::Refused(refused) = intent.commit().await.map_err(stored)? else { return Ok(()) };
            // An e-mail that somebody else signs in with is not this record's to free, and keeps no record there.
            let before = emails.len();
            let mut others = logins.into_iter().map(|login| refused.is(login));
            emails.retain(|_| !others.next().unwrap_or_default());
            if emails.len() == before {
                return Ok(());
            }
        }
    }

    /// All users of a tenant, out of a pool that goes on without them; the tenant gets no more. False while there
    /// are more: to be called again.
    #[tracing::instrument(name = "identity.tenant_users.remove", skip_all, fields(%pool, %tenant))]
    pub async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<bool, IdentityError> {
        self.bid_farewell(tenant, None).await?;
        let of_pool = Expression::new("#pool = :pool").text("pool", pool.as_str());
        let query = Query::of(users_of(tenant)).prefix(USER).filter(Some(of_pool));
        let found = self.0.database.query(&query, AT_ONCE).await.map_err(stored)?;
        for item in &found {
            self.remove_user(tenant, UserRecord::read(item).map_err(stored)?).await?;
        }
        Ok(found.len() < AT_ONCE)
    }

    /// What is remembered of the users of a pool that is gone.
    pub(in crate::identity) async fn forget_users(&self, tenant: &TenantId) -> Result<(), IdentityError> {
        let query = Query::of(users_of(tenant)).prefix(USER);
        loop {
            let found = self.0.database.query(&query, AT_ONCE).await.map_err(stored)?;
            if found.is_empty() {
                return Ok(());
            }
            for item in &found {
                self.forget_user(tenant, &UserRecord::read(item).map_err(stored)?).await?;
            }
        }
    }
}
