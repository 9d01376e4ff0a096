//! A tenant's users, in the tenant's own pool or in the one it shares.
//!
//! Signing in is by e-mail, and Cognito names users itself. A user's name is unique in its tenant by our record of
//! it, and an e-mail in a pool by another, both written before Cognito is asked; so a refusal makes nothing, and
//! what a crash left half done is known and finished by whoever comes next.

mod change;
mod create;
mod make;
mod remove;

use async_trait::async_trait;
use futures::StreamExt as _;
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{
    IdentityError, Made, NewTenantUser, TenantUser, TenantUserChange, TenantUsers, is_tenant_user_name,
};
use tenantry_ports::page::{Page, PageRequest, Position};

pub(super) use self::create::Maker;
use super::Identity;
use super::calls::{CallError, NO_USER, attribute, there};
use super::errors::{refused, stored};
use super::records::{OwnPool, State, USER, UserRecord, user_key, users_of};
use crate::fault::call;
use crate::limits::Family;
use crate::table::{Expression, Item, Query, Read};

/// Cognito's word for a user who needs nothing more of it.
const CONFIRMED: &str = "CONFIRMED";
/// Users of a page that Cognito is asked about at once.
const ASKED_AT_ONCE: usize = 8;

#[async_trait]
impl TenantUsers for Identity {
    async fn create(&self, tenant: &TenantId, new: NewTenantUser) -> Result<Made<TenantUser>, IdentityError> {
        check_name(&new.name)?;
        check_role(&new.role)?;
        let record = self.own_pool(tenant).await?;
        let pool = self.pool_of(&record)?;
        self.create_user(&pool, tenant, new, Maker::Anybody).await
    }

    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<TenantUser>, IdentityError> {
        Ok(match self.user(tenant, name).await? {
            Some(user) if user.state == State::There => Some(self.with_status(tenant, user).await.user()),
            _ => None,
        })
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<TenantUser>, IdentityError> {
        let there = Expression::new("#state = :there").text("there", "there");
        let mut query = Query::of(users_of(tenant)).prefix(USER).filter(Some(there));
        // A position that no page of users gave is none.
        if let Some(Position(after)) = page.after.as_ref().filter(|after| after.0.starts_with(USER)) {
            query = query.after(after);
        }
        let mut found = self.0.database.query(&query, page.limit.saturating_add(1)).await.map_err(stored)?;
        let more = found.len() > page.limit;
        found.truncate(page.limit);
        let next = if more { found.last().map(position).transpose()? } else { None };
        let users = found.iter().map(UserRecord::read).collect::<Result<Vec<_>, _>>().map_err(stored)?;
        let asked = users.into_iter().map(|user| self.with_status(tenant, user));
        let users: Vec<UserRecord> = futures::stream::iter(asked).buffered(ASKED_AT_ONCE).collect().await;
        Ok(Page { items: users.iter().map(UserRecord::user).collect(), next })
    }

    async fn update(
        &self,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Option<TenantUser>, IdentityError> {
        change.role.as_deref().map_or(Ok(()), check_role)?;
        self.change_user(tenant, name, change).await
    }

    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, IdentityError> {
        let Some(user) = self.user(tenant, name).await? else { return Ok(false) };
        let there = user.state == State::There;
        if there {
            self.spare_tenant_admin(tenant, &user).await?;
        }
        self.remove_user(tenant, user).await?;
        Ok(there)
    }
}

impl Identity {
    /// The tenant's own pool, or the one it shares.
    fn pool_of(&self, record: &OwnPool) -> Result<PoolId, IdentityError> {
        if let Some(own) = &record.pool {
            return Ok(own.clone());
        }
        if record.making {
            return Err(IdentityError::unavailable("the tenant's users", "its pool is still being made"));
        }
        let shared = self.0.config.pooled.as_ref().map(|shared| shared.id.clone());
        shared.ok_or_else(|| refused("no pool for users of pooled tenants is configured"))
    }

    pub(super) async fn user(&self, tenant: &TenantId, name: &str) -> Result<Option<UserRecord>, IdentityError> {
        let item = self.0.database.get(&user_key(tenant, name)).await.map_err(stored)?;
        item.as_ref().map(UserRecord::read).transpose().map_err(stored)
    }

    /// With Cognito's word for how far the user is, if it may have changed since it was last asked. A user whose
    /// status cannot be had just now is shown with the last one known.
    async fn with_status(&self, tenant: &TenantId, mut user: UserRecord) -> UserRecord {
        if user.status == CONFIRMED {
            return user;
        }
        let Some(username) = &user.username else { return user };
        match self.in_cognito(&user.pool, username).await {
            Ok(Some(found)) if found.status != user.status => {
                user.status = found.status;
                self.keep_status(tenant, &user).await;
            }
            Ok(_) => {}
            Err(error) => {
                let error = IdentityError::from(error);
                tracing::debug!(%error, "a user's status is shown as it was last known");
            }
        }
        user
    }

    async fn keep_status(&self, tenant: &TenantId, user: &UserRecord) {
        let mut intent = self.0.database.intent();
        let status = Expression::new("SET #status = :status").text("status", &user.status);
        let same = Expression::new("#version = :version").text("version", &user.version);
        intent.update_if(user_key(tenant, &user.name), status, same);
        // It is asked for again the next time.
        if let Err(error) = intent.commit().await {
            tracing::debug!(%error, "a user's status was not kept");
        }
    }

    /// What Cognito knows of a user, by the name it gave or by e-mail.
    async fn in_cognito(&self, pool: &PoolId, name: &str) -> Result<Option<InCognito>, CallError> {
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:AdminGetUser", format!("a user of pool {pool}"));
        let sent = cognito.client.admin_get_user().user_pool_id(pool.as_str()).username(name).send();
        let found = there(cognito.ask(Family::CognitoUserRead, named, sent).await, NO_USER)?;
        Ok(found.map(|user| InCognito {
            tenant: attribute(user.user_attributes(), "custom:tenantId").to_owned(),
            status: user.user_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            created: user.user_create_date().and_then(|at| at.to_millis().ok()).map(Timestamp::from_millis),
            username: user.username,
        }))
    }
}

struct InCognito {
    username: String,
    status: String,
    created: Option<Timestamp>,
    tenant: String,
}

fn position(item: &Item) -> Result<Position, IdentityError> {
    item.text("sk").map(|sk| Position(sk.to_owned())).map_err(stored)
}

fn check_name(name: &str) -> Result<(), IdentityError> {
    let rule =
        "a user's name must be 1 to 254 bytes without control characters, and neither begin nor end with a space";
    if is_tenant_user_name(name) { Ok(()) } else { Err(refused(rule)) }
}

fn check_role(role: &str) -> Result<(), IdentityError> {
    if matches!(role, "TenantAdmin" | "TenantUser") {
        Ok(())
    } else {
        Err(refused("a user's role must be TenantAdmin or TenantUser"))
    }
}
