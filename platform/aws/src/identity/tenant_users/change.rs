//! Changing a user: the change is recorded, told to Cognito, and then recorded as made. One that stopped half way
//! is finished before the next.

use std::time::Duration;

use tenantry_contract::id::TenantId;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, TENANT_ADMIN, TenantUser, TenantUserChange};

use super::super::Identity;
use super::super::calls::{ALIAS_EXISTS, CallError, USER_EXISTS, attributes};
use super::super::errors::{refused, stored};
use super::super::records::{Pending, State, USER, UserRecord, login_key, text, user_key, users_of};
use crate::fault::call;
use crate::limits::Family;
use crate::table::{Expression, Outcome, Query, Read};

/// Users that are read in one go.
const READ_AT_ONCE: usize = 100;

impl Identity {
    pub(super) async fn change_user(
        &self,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Option<TenantUser>, IdentityError> {
        let Some(mut user) = self.user(tenant, name).await? else { return Ok(None) };
        if user.state != State::There {
            return Ok(None);
        }
        if user.pending.is_some() {
            user = self.settle(tenant, user).await?;
        }
        let pending = Pending { email: change.email, role: change.role, enabled: change.enabled };
        if pending == Pending::default() {
            return Ok(Some(self.with_status(tenant, user).await.user()));
        }
        let steps_down = pending.enabled == Some(false) || pending.role.as_ref().is_some_and(|r| r != TENANT_ADMIN);
        if steps_down {
            self.spare_tenant_admin(tenant, &user).await?;
        }
        let user = self.intend(tenant, user, pending).await?;
        Ok(Some(self.settle(tenant, user).await?.user()))
    }

    /// Refuses if the user is the tenant's last enabled admin. Of two who step down at the same moment, both may be let.
    pub(super) async fn spare_tenant_admin(&self, tenant: &TenantId, user: &UserRecord) -> Result<(), IdentityError> {
        if !user.enabled || user.role != TENANT_ADMIN {
            return Ok(());
        }
        let mut after: Option<String> = None;
        loop {
            let mut query = Query::of(users_of(tenant)).prefix(USER);
            if let Some(after) = &after {
                query = query.after(after);
            }
            let found = self.0.database.query(&query, READ_AT_ONCE).await.map_err(stored)?;
            for item in &found {
                let other = UserRecord::read(item).map_err(stored)?;
                if other.name != user.name && other.is_admin() {
                    return Ok(());
                }
            }
            match found.last() {
                Some(last) if found.len() == READ_AT_ONCE => after = Some(last.text("sk").map_err(stored)?.to_owned()),
                _ => return Err(IdentityError::Refused(Refusal::LastAdmin)),
            }
        }
    }

    /// Records the change, and the new e-mail as taken.
    async fn intend(
        &self,
        tenant: &TenantId,
        mut user: UserRecord,
        pending: Pending,
    ) -> Result<UserRecord, IdentityError> {
        let mut intent = self.0.database.intent();
        let seen = Expression::new("#version = :seen").text("seen", user.version.clone());
        user.version = self.0.database.ids().fresh();
        let moves = pending.email.as_ref().filter(|email| email.folded() != user.email.folded());
        let login = moves.map(|email| {
            let login = [text("tenant", tenant.as_str()), text("user", user.name.clone())];
            intent.insert(login_key(&user.pool, email), login)
        });
        user.pending = Some(pending);
        intent.put_if(user_key(tenant, &user.name), user.attributes().map_err(stored)?, seen);
        match intent.commit().await.map_err(stored)? {
            Outcome::Written => Ok(user),
            Outcome::Refused(refused) if login.is_some_and(|login| refused.is(login)) => {
                Err(IdentityError::Refused(Refusal::Taken))
            }
            Outcome::Refused(_) => Err(somebody_else()),
        }
    }

    /// Tells Cognito what it may not know, and records that it does.
    async fn settle(&self, tenant: &TenantId, mut user: UserRecord) -> Result<UserRecord, IdentityError> {
        let Some(pending) = user.pending.clone() else { return Ok(user) };
        let seen = Expression::new("#version = :seen").text("seen", user.version.clone());
        let told = self.tell(&user, &pending).await;
        let taken = matches!(&told, Err(error) if error.is(ALIAS_EXISTS) || error.is(USER_EXISTS));
        if !taken {
            told?;
        }
        let mut intent = self.0.database.intent();
        let moves = pending.email.as_ref().filter(|email| email.folded() != user.email.folded());
        if let Some(email) = moves {
            // Of the two e-mails, the one that is not the user's.
            intent.delete(login_key(&user.pool, if taken { email } else { &user.email }));
        }
        user.pending = None;
        user.version = self.0.database.ids().fresh();
        if !taken {
            user.email = pending.email.unwrap_or(user.email);
            user.role = pending.role.unwrap_or(user.role);
            user.enabled = pending.enabled.unwrap_or(user.enabled);
            user.modified = intent.now;
        }
        intent.put_if(user_key(tenant, &user.name), user.attributes().map_err(stored)?, seen);
        match intent.commit().await.map_err(stored)? {
            Outcome::Refused(_) => Err(somebody_else()),
            Outcome::Written if taken => Err(IdentityError::Refused(Refusal::Taken)),
            Outcome::Written => Ok(user),
        }
    }

    async fn tell(&self, user: &UserRecord, change: &Pending) -> Result<(), CallError> {
        let (cognito, pool) = (&self.0.cognito, user.pool.as_str());
        let named = |what| call(what, format!("a user of pool {pool}"));
        let broken =
            |e: IdentityError| CallError::Fault(named("cognito-idp:AdminUpdateUserAttributes").nonsense(e.to_string()));
        let Some(username) = &user.username else { return Err(broken(refused("the user has no name in Cognito"))) };
        let mut says = Vec::new();
        if let Some(email) = &change.email {
            says.extend([("email", email.as_str()), ("email_verified", "true")]);
        }
        says.extend(change.role.as_deref().map(|role| ("custom:userRole", role)));
        if !says.is_empty() {
            let says = attributes(says).map_err(broken)?;
            let update = cognito.client.admin_update_user_attributes().user_pool_id(pool).username(username);
            let sent = update.set_user_attributes(Some(says)).send();
            cognito.ask(Family::CognitoUserUpdate, named("cognito-idp:AdminUpdateUserAttributes"), sent).await?;
        }
        match change.enabled {
            None => Ok(()),
            Some(true) => {
                let sent = cognito.client.admin_enable_user().user_pool_id(pool).username(username).send();
                cognito.ask(Family::CognitoUserUpdate, named("cognito-idp:AdminEnableUser"), sent).await.map(drop)
            }
            Some(false) => {
                let sent = cognito.client.admin_disable_user().user_pool_id(pool).username(username).send();
                cognito.ask(Family::CognitoUserUpdate, named("cognito-idp:AdminDisableUser"), sent).await.map(drop)
            }
        }
    }
}

fn somebody_else() -> IdentityError {
    IdentityError::Busy { retry_after: Duration::from_millis(200) }
}
