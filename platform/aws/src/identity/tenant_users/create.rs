//! Making a user: recorded, then in Cognito, then recorded as there.

use std::time::Duration;

use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUser};

use super::super::Identity;
use super::super::errors::stored;
use super::super::records::{State, UserRecord, gone_key, login_key, text, user_key};
use crate::fault::UNDELIVERED;
use crate::table::{Expression, Outcome};

/// How long whoever makes a user is left alone with it: longer than the calls take.
const AT_IT: Duration = Duration::from_secs(60);
/// Times that something in the way is put out of it before the caller is asked to come back.
const TRIES: usize = 3;

/// Who makes a user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum Maker {
    /// Any number of callers at once.
    Anybody,
    /// The worker that holds the claim on the tenant, and with it the only one to make this user. Another one that
    /// began is dead, or has given up waiting for the answer.
    Worker,
}

/// Whether a name was had.
enum Claimed {
    Ours,
    Taken,
    /// Something an earlier try left has been put out of the way.
    Again,
}

impl Identity {
    pub(in crate::identity) async fn create_user(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        new: NewTenantUser,
        maker: Maker,
    ) -> Result<Made<TenantUser>, IdentityError> {
        let now = self.0.database.now();
        let mut user = UserRecord {
            name: new.name,
            state: State::Making,
            pool: pool.clone(),
            username: None,
            email: new.email,
            role: new.role,
            tenant_name: new.tenant_name,
            tenant_tier: new.tenant_tier,
            status: String::new(),
            enabled: true,
            created: now,
            modified: now,
            pending: None,
            unsent: false,
            until: now.plus(AT_IT),
            version: self.0.database.ids().fresh(),
        };
        for _ in 0..TRIES {
            match self.claim_name(tenant, &mut user, maker).await? {
                Claimed::Ours => return self.make_claimed(tenant, &mut user).await,
                Claimed::Taken => return Ok(Made::Taken),
                Claimed::Again => {}
            }
        }
        Err(IdentityError::Busy { retry_after: Duration::from_secs(1) })
    }

    /// Records the user and its e-mail, if both are free and the tenant is there.
    async fn claim_name(
        &self,
        tenant: &TenantId,
        user: &mut UserRecord,
        maker: Maker,
    ) -> Result<Claimed, IdentityError> {
        let mut intent = self.0.database.intent();
        let admitted = intent.check(gone_key(tenant), Expression::absent("gone"));
        let name = intent.insert(user_key(tenant, &user.name), user.attributes().map_err(stored)?);
        let login = [text("tenant", tenant.as_str()), text("user", &user.name)];
        intent.insert(login_key(&user.pool, &user.email), login);
        let Outcome::Refused(refused) = intent.commit().await.map_err(stored)? else { return Ok(Claimed::Ours) };
        if refused.is(admitted) {
            return Err(IdentityError::Refused(Refusal::Gone));
        }
        let Some(item) = refused.item(name) else { return Ok(Claimed::Taken) };
        let other = UserRecord::read(item).map_err(stored)?;
        let same = other.pool == user.pool && other.email.folded() == user.email.folded();
        match other.state {
            State::There => Ok(Claimed::Taken),
            State::Removing => self.remove_user(tenant, other).await.map(|()| Claimed::Again),
            // Should the other one's call reach Cognito yet, one of the two finds the user there, and one record is kept.
            State::Making if same && maker == Maker::Worker => self.take_over(tenant, &other, user).await,
            State::Making if other.until > user.created => {
                let retry_after = other.until.since(user.created);
                Err(IdentityError::Busy { retry_after: retry_after.min(Duration::from_secs(5)) })
            }
            State::Making if same => self.take_over(tenant, &other, user).await,
            // Left half done, and now wanted otherwise.
            State::Making => self.remove_user(tenant, other).await.map(|()| Claimed::Again),
        }
    }

    /// Goes on where somebody stopped who made the same user; what is in Cognito is found by the e-mail.
    async fn take_over(
        &self,
        tenant: &TenantId,
        other: &UserRecord,
        user: &mut UserRecord,
    ) -> Result<Claimed, IdentityError> {
        let taken = UserRecord { created: other.created, unsent: other.unsent, ..user.clone() };
        let mut intent = self.0.database.intent();
        let same = Expression::new("#version = :seen").text("seen", &other.version);
        intent.put_if(user_key(tenant, &taken.name), taken.attributes().map_err(stored)?, same);
        if let Outcome::Refused(_) = intent.commit().await.map_err(stored)? {
            return Ok(Claimed::Again);
        }
        *user = taken;
        Ok(Claimed::Ours)
    }

    async fn make_claimed(&self, tenant: &TenantId, user: &mut UserRecord) -> Result<Made<TenantUser>, IdentityError> {
        let made = match self.make_in_cognito(tenant, user).await {
            Ok(Some(made)) => made,
            // Somebody who is not in our records signs in with that e-mail.
            Ok(None) => {
                self.forget_user(tenant, user).await?;
                return Ok(Made::Taken);
            }
            Err(error) => {
                user.unsent |= error.is(UNDELIVERED);
                self.let_go(tenant, user, error.is_final()).await;
                return Err(error.into());
            }
        };
        let mine = Expression::new("#version = :mine").text("mine", user.version.clone());
        user.state = State::There;
        user.username = Some(made.username);
        user.unsent = false;
        user.status = made.status;
        user.version = self.0.database.ids().fresh();
        let mut intent = self.0.database.intent();
        intent.put_if(user_key(tenant, &user.name), user.attributes().map_err(stored)?, mine);
        match intent.commit().await.map_err(stored)? {
            Outcome::Written => Ok(Made::New(user.user())),
            Outcome::Refused(_) => Err(IdentityError::Busy { retry_after: Duration::from_secs(1) }),
        }
    }

    /// Leaves the user to whoever tries next, at once; or to nobody, if nothing was made.
    async fn let_go(&self, tenant: &TenantId, user: &UserRecord, nothing_made: bool) {
        let left = if nothing_made { self.forget_user(tenant, user).await } else { self.leave(tenant, user).await };
        // The next one has to wait until the record says that nobody is at it.
        if let Err(error) = left {
            tracing::warn!(%error, %tenant, "a user that was not made is still recorded as being made");
        }
    }

    async fn leave(&self, tenant: &TenantId, user: &UserRecord) -> Result<(), IdentityError> {
        let mut intent = self.0.database.intent();
        let over = if user.unsent {
            Expression::new("SET #until = :now, #unsent = :yes").text("yes", "yes")
        } else {
            Expression::new("SET #until = :now")
        };
        let over = over.moment("now", Timestamp::from_millis(0));
        let mine = Expression::new("#version = :mine").text("mine", user.version.clone());
        intent.update_if(user_key(tenant, &user.name), over, mine);
        intent.commit().await.map(drop).map_err(stored)
    }
}
