//! Making a user: recorded, then in Cognito, then recorded as there.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::DeliveryMediumType;
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUser};

use super::super::Identity;
use super::super::calls::{CallError, USER_EXISTS, attributes};
use super::super::errors::stored;
use super::super::records::{State, UserRecord, login_key, tenant_key, text, user_key};
use super::InCognito;
use crate::fault::call;
use crate::limits::Family;
use crate::table::{Expression, Outcome};

/// How long whoever makes a user is left alone with it: longer than the calls take.
const AT_IT: Duration = Duration::from_secs(60);
/// Times that something in the way is put out of it before the caller is asked to come back.
const TRIES: usize = 3;

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
            until: now.plus(AT_IT),
            version: self.0.database.ids().fresh(),
        };
        for _ in 0..TRIES {
            match self.claim_name(tenant, &user).await? {
                Claimed::Ours => return self.make_claimed(tenant, &mut user).await,
                Claimed::Taken => return Ok(Made::Taken),
                Claimed::Again => {}
            }
        }
        Err(IdentityError::Busy { retry_after: Duration::from_secs(1) })
    }

    /// Records the user and its e-mail, if both are free and the tenant is there.
    async fn claim_name(&self, tenant: &TenantId, user: &UserRecord) -> Result<Claimed, IdentityError> {
        let mut intent = self.0.database.intent();
        let admitted = intent.check(tenant_key(tenant), Expression::absent("gone"));
        let name = intent.insert(user_key(tenant, &user.name), user.attributes().map_err(stored)?);
        let login = [text("tenant", tenant.as_str()), text("user", &user.name)];
        intent.insert(login_key(&user.pool, &user.email), login);
        let Outcome::Refused(refused) = intent.commit().await.map_err(stored)? else { return Ok(Claimed::Ours) };
        if refused.is(admitted) {
            return Err(IdentityError::Refused(Refusal::Gone));
        }
        let Some(item) = refused.item(name) else { return Ok(Claimed::Taken) };
        let other = UserRecord::read(item).map_err(stored)?;
        match other.state {
            State::There => Ok(Claimed::Taken),
            State::Removing => self.remove_user(tenant, other).await.map(|()| Claimed::Again),
            State::Making if other.until > user.created => {
                let retry_after = other.until.since(user.created);
                Err(IdentityError::Busy { retry_after: retry_after.min(Duration::from_secs(5)) })
            }
            State::Making if other.pool == user.pool && other.email.folded() == user.email.folded() => {
                self.take_over(tenant, &other, user).await
            }
            // Left half done, and now wanted otherwise.
            State::Making => self.remove_user(tenant, other).await.map(|()| Claimed::Again),
        }
    }

    /// Goes on where somebody stopped who made the same user; what is in Cognito is found by the e-mail.
    async fn take_over(
        &self,
        tenant: &TenantId,
        other: &UserRecord,
        user: &UserRecord,
    ) -> Result<Claimed, IdentityError> {
        let mut intent = self.0.database.intent();
        let same = Expression::new("#version = :seen").text("seen", &other.version);
        intent.put_if(user_key(tenant, &user.name), user.attributes().map_err(stored)?, same);
        Ok(match intent.commit().await.map_err(stored)? {
            Outcome::Written => Claimed::Ours,
            Outcome::Refused(_) => Claimed::Again,
        })
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
                self.let_go(tenant, user, error.is_final()).await;
                return Err(error.into());
            }
        };
        let mine = Expression::new("#version = :mine").text("mine", user.version.clone());
        user.state = State::There;
        user.username = Some(made.username);
        user.status = made.status;
        user.version = self.0.database.ids().fresh();
        let mut intent = self.0.database.intent();
        intent.put_if(user_key(tenant, &user.name), user.attributes().map_err(stored)?, mine);
        match intent.commit().await.map_err(stored)? {
            Outcome::Written => Ok(Made::New(user.user())),
            Outcome::Refused(_) => Err(IdentityError::Busy { retry_after: Duration::from_secs(1) }),
        }
    }

    /// A user that is there already and is the tenant's is one that an earlier try made: nobody else has had the
    /// e-mail in our records since. None if it is somebody else's.
    async fn make_in_cognito(&self, tenant: &TenantId, user: &UserRecord) -> Result<Option<InCognito>, CallError> {
        let cognito = &self.0.cognito;
        let named = || call("cognito-idp:AdminCreateUser", format!("a user of pool {}", user.pool));
        let says = [
            ("email", user.email.as_str()),
            ("email_verified", "true"),
            ("custom:tenantId", tenant.as_str()),
            ("custom:tenantTier", &user.tenant_tier),
            ("custom:tenantName", &user.tenant_name),
            ("custom:userRole", &user.role),
        ];
        let says = attributes(says).map_err(|e| CallError::Fault(named().nonsense(e.to_string())))?;
        let create = cognito.client.admin_create_user().user_pool_id(user.pool.as_str());
        let sent = create
            .username(user.email.as_str())
            .set_user_attributes(Some(says.clone()))
            .desired_delivery_mediums(DeliveryMediumType::Email)
            .send();
        match cognito.ask(Family::CognitoUserCreation, named(), sent).await {
            Ok(made) => {
                let made =
                    made.user.ok_or_else(|| CallError::Fault(named().nonsense("it did not say what it made")))?;
                Ok(Some(InCognito {
                    status: made.user_status().map(|s| s.as_str().to_owned()).unwrap_or_default(),
                    username: made.username.unwrap_or_default(),
                    tenant: tenant.as_str().to_owned(),
                }))
            }
            Err(error) if error.is(USER_EXISTS) => {
                let found = self.in_cognito(&user.pool, user.email.as_str()).await?;
                let Some(found) = found.filter(|found| found.tenant == tenant.as_str()) else { return Ok(None) };
                let named = call("cognito-idp:AdminUpdateUserAttributes", format!("a user of pool {}", user.pool));
                let update = cognito.client.admin_update_user_attributes().user_pool_id(user.pool.as_str());
                let sent = update.username(&found.username).set_user_attributes(Some(says)).send();
                cognito.ask(Family::CognitoUserUpdate, named, sent).await?;
                Ok(Some(found))
            }
            Err(error) => Err(error),
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
        let over = Expression::new("SET #until = :now").moment("now", Timestamp::from_millis(0));
        let mine = Expression::new("#version = :mine").text("mine", user.version.clone());
        intent.update_if(user_key(tenant, &user.name), over, mine);
        intent.commit().await.map(drop).map_err(stored)
    }
}
