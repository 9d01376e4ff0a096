//! A user in Cognito: made, or found where an earlier try of the same left it.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::operation::admin_create_user::builders::AdminCreateUserFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType, MessageActionType};
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::IdentityError;

use super::super::Identity;
use super::super::calls::{CallError, FRESH, USER_EXISTS, attributes};
use super::super::errors::stored;
use super::super::records::{USER, UserRecord, users_of};
use super::InCognito;
use crate::fault::{Call, call};
use crate::limits::Family;
use crate::table::{Expression, Query};

/// Cognito's clock and ours differ by less.
const SKEW: Duration = Duration::from_secs(60);

impl Identity {
    /// None if somebody else of the pool signs in with that e-mail.
    pub(super) async fn make_in_cognito(
        &self,
        tenant: &TenantId,
        user: &UserRecord,
    ) -> Result<Option<InCognito>, CallError> {
        let says = [
            ("email", user.email.as_str()),
            ("email_verified", "true"),
            ("custom:tenantId", tenant.as_str()),
            ("custom:tenantTier", &user.tenant_tier),
            ("custom:tenantName", &user.tenant_name),
            ("custom:userRole", &user.role),
        ];
        let says = attributes(says)?;
        let create = self.creation(user).set_user_attributes(Some(says.clone()));
        match self.0.cognito.ask(Family::CognitoUserCreation, creating(&user.pool), create.send()).await {
            Ok(made) => {
                let made = made.user;
                let made = made.ok_or_else(|| creating(&user.pool).nonsense("it did not say what it made"))?;
                Ok(Some(InCognito {
                    status: made.user_status().map(|s| s.as_str().to_owned()).unwrap_or_default(),
                    created: None,
                    username: made.username.unwrap_or_default(),
                    tenant: tenant.as_str().to_owned(),
                }))
            }
            Err(error) if error.is(USER_EXISTS) => self.adopt(tenant, user, says).await,
            Err(error) => Err(error),
        }
    }

    /// Takes on a user that an earlier try of the same made. Users may change their e-mail by themselves, so one that
    /// signs in with it now may be anybody of the tenant: who has a record of his own is not given this one's role.
    async fn adopt(
        &self,
        tenant: &TenantId,
        user: &UserRecord,
        says: Vec<AttributeType>,
    ) -> Result<Option<InCognito>, CallError> {
        let Some(found) = self.in_cognito(&user.pool, user.email.as_str()).await? else { return Ok(None) };
        if found.tenant != tenant.as_str()
            || !is_of_this_making(&found, user)
            || self.is_recorded(tenant, &found.username).await?
        {
            return Ok(None);
        }
        let named = call("cognito-idp:AdminUpdateUserAttributes", format!("a user of pool {}", user.pool));
        let update = self.0.cognito.client.admin_update_user_attributes().user_pool_id(user.pool.as_str());
        let sent = update.username(&found.username).set_user_attributes(Some(says)).send();
        self.0.cognito.ask(Family::CognitoUserUpdate, named, sent).await?;
        if user.unsent && found.status == FRESH {
            let sent = self.creation(user).message_action(MessageActionType::Resend).send();
            self.0.cognito.ask(Family::CognitoUserCreation, creating(&user.pool), sent).await?;
        }
        Ok(Some(found))
    }

    fn creation(&self, user: &UserRecord) -> AdminCreateUserFluentBuilder {
        let create = self.0.cognito.client.admin_create_user().user_pool_id(user.pool.as_str());
        create.username(user.email.as_str()).desired_delivery_mediums(DeliveryMediumType::Email)
    }

    /// Whether one of the tenant's records names that user. A walk along all of them, for a case that is rare.
    async fn is_recorded(&self, tenant: &TenantId, username: &str) -> Result<bool, IdentityError> {
        let named = Expression::new("#username = :username").text("username", username);
        let query = Query::of(users_of(tenant)).prefix(USER).filter(Some(named));
        Ok(!self.0.database.query(&query, 1).await.map_err(stored)?.is_empty())
    }
}

/// Nobody has signed in as it yet, or it is no older than the first try.
fn is_of_this_making(found: &InCognito, user: &UserRecord) -> bool {
    let begun = Timestamp::from_millis(user.created.millis().saturating_sub_unsigned(SKEW.as_secs() * 1000));
    found.status == FRESH || found.created.is_some_and(|created| created >= begun)
}

fn creating(pool: &PoolId) -> Call {
    call("cognito-idp:AdminCreateUser", format!("a user of pool {pool}"))
}

#[cfg(test)]
mod tests {
    use tenantry_contract::name::Email;

    use super::super::super::records::State;
    use super::*;

    #[test]
    fn who_was_there_before_and_has_signed_in_is_somebody_else() {
        let at = |second: i64| Timestamp::from_millis(second * 1000);
        let user = UserRecord {
            name: "ada".into(),
            state: State::Making,
            pool: PoolId::parse("eu-west-1_abc").unwrap(),
            username: None,
            email: Email::parse("ada@example.com").unwrap(),
            role: "TenantAdmin".into(),
            tenant_name: "acme".into(),
            tenant_tier: "basic".into(),
            status: String::new(),
            enabled: true,
            created: at(1_000),
            modified: at(1_000),
            pending: None,
            unsent: false,
            until: at(1_060),
            version: "1".into(),
        };
        let found = |status: &str, created: i64| InCognito {
            username: "sub".into(),
            status: status.to_owned(),
            created: Some(at(created)),
            tenant: "t-1".into(),
        };
        assert!(is_of_this_making(&found(FRESH, 10), &user));
        assert!(is_of_this_making(&found("CONFIRMED", 1_001), &user), "the mail was quick, and the answer lost");
        assert!(!is_of_this_making(&found("CONFIRMED", 10), &user));
        assert!(!is_of_this_making(&found("RESET_REQUIRED", 10), &user));
    }
}
