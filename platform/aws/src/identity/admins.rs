//! The provider's own people, in the pool of the stage's stack.

mod create;
mod groups;

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use aws_smithy_types::DateTime;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{Admin, AdminChange, Admins, IdentityError, Made, NewAdmin, SYSTEM_ADMIN};
use tenantry_ports::page::{Page, PageRequest, Position};

use super::Identity;
use super::calls::{NO_USER, attribute, attributes, there};
use super::errors::refused;
use crate::fault::{Call, call};
use crate::limits::Family;

const ROLE: &str = "custom:userRole";
/// Cognito's bound for a page.
const PAGE: usize = 60;

#[async_trait]
impl Admins for Identity {
    async fn create(&self, new: NewAdmin) -> Result<Made<Admin>, IdentityError> {
        check_name(&new.name)?;
        self.create_admin(new).await
    }

    async fn get(&self, name: &str) -> Result<Option<Admin>, IdentityError> {
        let cognito = &self.0.cognito;
        let sent = cognito.client.admin_get_user().user_pool_id(self.admin_pool()?).username(name).send();
        let found = cognito.ask(Family::CognitoUserRead, named("cognito-idp:AdminGetUser"), sent).await;
        Ok(there(found, NO_USER)?.map(|user| {
            let status = user.user_status().map_or("UNKNOWN", |status| status.as_str());
            let times = (user.user_create_date(), user.user_last_modified_date());
            admin(user.username().to_owned(), user.user_attributes(), status, user.enabled(), times)
        }))
    }

    /// Cognito may give fewer than it is asked for, and a token all the same.
    async fn list(&self, page: PageRequest) -> Result<Page<Admin>, IdentityError> {
        let (cognito, mut items) = (&self.0.cognito, Vec::new());
        let mut next = page.after.map(|Position(token)| token);
        loop {
            let left = i32::try_from((page.limit - items.len()).min(PAGE)).unwrap_or(1);
            let list = cognito.client.list_users().user_pool_id(self.admin_pool()?).limit(left);
            let sent = list.set_pagination_token(next).send();
            let got = cognito.ask(Family::CognitoUserList, named("cognito-idp:ListUsers"), sent).await?;
            next = got.pagination_token.clone().filter(|token| !token.is_empty());
            items.extend(got.users().iter().map(|user| {
                let status = user.user_status().map_or("UNKNOWN", |status| status.as_str());
                let times = (user.user_create_date(), user.user_last_modified_date());
                let name = user.username().unwrap_or_default().to_owned();
                admin(name, user.attributes(), status, user.enabled(), times)
            }));
            if next.is_none() || items.len() >= page.limit {
                return Ok(Page { items, next: next.map(Position) });
            }
        }
    }

    async fn update(&self, name: &str, change: AdminChange) -> Result<bool, IdentityError> {
        let cognito = &self.0.cognito;
        if change.role.as_ref().is_some_and(|role| role != SYSTEM_ADMIN) {
            self.spare(name).await?;
        }
        let mut says = Vec::new();
        if let Some(email) = &change.email {
            says.extend([("email", email.as_str()), ("email_verified", "true")]);
        }
        says.extend(change.role.as_deref().map(|role| (ROLE, role)));
        if says.is_empty() {
            return Ok(self.get(name).await?.is_some());
        }
        let update = cognito.client.admin_update_user_attributes().user_pool_id(self.admin_pool()?).username(name);
        let sent = update.set_user_attributes(Some(attributes(says)?)).send();
        let told = cognito.ask(Family::CognitoUserUpdate, named("cognito-idp:AdminUpdateUserAttributes"), sent).await;
        if there(told, NO_USER)?.is_none() {
            return Ok(false);
        }
        if let Some(role) = &change.role {
            self.set_group(name, role).await?;
        }
        Ok(true)
    }

    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<bool, IdentityError> {
        let (cognito, pool) = (&self.0.cognito, self.admin_pool()?);
        if !enabled {
            self.spare(name).await?;
        }
        let family = Family::CognitoUserUpdate;
        let told = if enabled {
            let sent = cognito.client.admin_enable_user().user_pool_id(pool).username(name).send();
            cognito.ask(family, named("cognito-idp:AdminEnableUser"), sent).await.map(drop)
        } else {
            let sent = cognito.client.admin_disable_user().user_pool_id(pool).username(name).send();
            cognito.ask(family, named("cognito-idp:AdminDisableUser"), sent).await.map(drop)
        };
        Ok(there(told, NO_USER)?.is_some())
    }

    async fn delete(&self, name: &str) -> Result<bool, IdentityError> {
        self.spare(name).await?;
        let cognito = &self.0.cognito;
        let sent = cognito.client.admin_delete_user().user_pool_id(self.admin_pool()?).username(name).send();
        let gone = cognito.ask(Family::CognitoUserUpdate, named("cognito-idp:AdminDeleteUser"), sent).await;
        Ok(there(gone, NO_USER)?.is_some())
    }
}

impl Identity {
    fn admin_pool(&self) -> Result<&str, IdentityError> {
        let pool = self.0.config.admins.as_ref().map(|admins| admins.id.as_str());
        pool.ok_or_else(|| refused("this process was told of no admins' pool"))
    }
}

fn named(what: &'static str) -> Call {
    call(what, "a user of the admins' pool")
}

fn admin(
    name: String,
    attributes: &[AttributeType],
    status: &str,
    enabled: bool,
    (created, modified): (Option<&DateTime>, Option<&DateTime>),
) -> Admin {
    Admin {
        name,
        email: attribute(attributes, "email").to_owned(),
        role: attribute(attributes, ROLE).to_owned(),
        status: status.to_owned(),
        enabled,
        created: moment(created),
        modified: moment(modified.or(created)),
    }
}

fn moment(at: Option<&DateTime>) -> Timestamp {
    Timestamp::from_millis(at.and_then(|at| at.to_millis().ok()).unwrap_or_default())
}

/// 1 to 128 printable characters without a space.
fn check_name(name: &str) -> Result<(), IdentityError> {
    let plain = !name.chars().any(|c| c.is_whitespace() || c.is_control());
    if (1..=128).contains(&name.chars().count()) && plain {
        Ok(())
    } else {
        Err(refused("a user's name must be 1 to 128 printable characters without a space"))
    }
}
