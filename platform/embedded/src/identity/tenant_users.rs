//! A tenant's users, in the pool they belong to.

use async_trait::async_trait;
use rusqlite::Connection;
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{
    IdentityError, Made, NewTenantUser, TENANT_ADMIN, TenantUser, TenantUserChange, TenantUsers, is_tenant_user_name,
};
use tenantry_ports::page::{Page, PageRequest};

use super::admins::list_page;
use super::ensure::{admits, pool_id, refused};
use super::pools::{self, PoolOwner};
use super::users::User;
use super::{Identity, tickets, to_the_end, users};

const BAD_NAME: &str =
    "a user's name must be 1 to 254 bytes without control characters, and neither begin nor end with a space";

/// A user changed, or why not.
pub(super) enum Updated {
    Done(Box<TenantUser>),
    EmailTaken,
    NotFound,
}

/// Whatever the tenant's pool is: its own, or the shared one.
#[async_trait]
impl TenantUsers for Identity {
    async fn create(&self, tenant: &TenantId, new: NewTenantUser) -> Result<Made<TenantUser>, IdentityError> {
        self.create_user(&self.pool_of(tenant).await?, tenant, new).await
    }

    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<TenantUser>, IdentityError> {
        self.get_user(&self.pool_of(tenant).await?, tenant, name).await
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<TenantUser>, IdentityError> {
        self.list_users(&self.pool_of(tenant).await?, tenant, page).await
    }

    async fn update(
        &self,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Option<TenantUser>, IdentityError> {
        match self.update_user(&self.pool_of(tenant).await?, tenant, name, change).await? {
            Updated::Done(user) => Ok(Some(*user)),
            Updated::NotFound => Ok(None),
            Updated::EmailTaken => Err(IdentityError::Refused(Refusal::Taken)),
        }
    }

    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, IdentityError> {
        self.delete_user(&self.pool_of(tenant).await?, tenant, name).await
    }
}

impl Identity {
    async fn pool_of(&self, tenant: &TenantId) -> Result<PoolId, IdentityError> {
        let own = PoolOwner::Of(Owner::Tenant(tenant.clone()));
        let found = self
            .0
            .db
            .read(move |conn| match pools::of(conn, &own)? {
                None => pools::of(conn, &PoolOwner::Of(Owner::Stage)),
                own => Ok(own),
            })
            .await?;
        pool_id(found.ok_or_else(|| refused("there is no pool for the tenant's users"))?.id)
    }

    pub(super) async fn create_user(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        new: NewTenantUser,
    ) -> Result<Made<TenantUser>, IdentityError> {
        if !is_tenant_user_name(&new.name) {
            return Err(refused(BAD_NAME));
        }
        check_role(&new.role)?;
        let now = self.now();
        let user = User {
            pool: pool.as_str().to_owned(),
            tenant: tenant.as_str().to_owned(),
            name: new.name,
            sub: self.0.ids.fresh(),
            login: new.email.folded(),
            email: new.email.into(),
            role: new.role,
            tenant_name: new.tenant_name,
            tenant_tier: new.tenant_tier,
            credential: self.one_time_credential(),
            enabled: true,
            created: now,
            modified: now,
        };
        let this = self.clone();
        to_the_end(async move {
            let insert = move |conn: &Connection| {
                if !admits(conn, &user.pool, &user.tenant)? || users::is_gone(conn, &user.pool, &user.tenant)? {
                    return Ok(None);
                }
                Ok(Some(users::insert(conn, &user, true)?.then_some(user)))
            };
            let made = this.0.db.write(insert).await?.ok_or(IdentityError::Refused(Refusal::Gone))?;
            let Some(user) = made else { return Ok(Made::Taken) };
            this.0.post.deliver(user.clone()).await?;
            Ok(Made::New(tenant_user(user)))
        })
        .await
    }

    pub(super) async fn get_user(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        name: &str,
    ) -> Result<Option<TenantUser>, IdentityError> {
        let key = Key::new(pool, tenant, name);
        Ok(self.0.db.read(move |conn| key.find(conn)).await?.map(tenant_user))
    }

    pub(super) async fn list_users(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        page: PageRequest,
    ) -> Result<Page<TenantUser>, IdentityError> {
        let (pool, tenant) = (pool.as_str().to_owned(), tenant.as_str().to_owned());
        Ok(self.0.db.read(move |conn| list_page(conn, &pool, &tenant, &page)).await?.map(tenant_user))
    }

    pub(super) async fn update_user(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Updated, IdentityError> {
        change.role.as_deref().map_or(Ok(()), check_role)?;
        let (key, now) = (Key::new(pool, tenant, name), self.now());
        let write = move |conn: &Connection| {
            let Some(mut user) = key.find(conn)? else { return Ok(Ok(Updated::NotFound)) };
            let steps_down = change.enabled == Some(false) || change.role.as_ref().is_some_and(|r| r != TENANT_ADMIN);
            if steps_down && users::is_last(conn, &user, TENANT_ADMIN)? {
                return Ok(Err(Refusal::LastAdmin));
            }
            if let Some(email) = change.email {
                user.login = email.folded();
                user.email = email.into();
            }
            user.role = change.role.unwrap_or(user.role);
            user.enabled = change.enabled.unwrap_or(user.enabled);
            user.modified = now;
            match users::save(conn, &user) {
                Err(e) if is_taken(&e) => return Ok(Ok(Updated::EmailTaken)),
                saved => saved?,
            }
            if !user.enabled {
                tickets::revoke_user(conn, &user.sub)?;
            }
            Ok(Ok(Updated::Done(Box::new(tenant_user(user)))))
        };
        self.0.db.write(write).await?.map_err(IdentityError::Refused)
    }

    pub(super) async fn delete_user(
        &self,
        pool: &PoolId,
        tenant: &TenantId,
        name: &str,
    ) -> Result<bool, IdentityError> {
        let key = Key::new(pool, tenant, name);
        let gone = move |conn: &Connection| match key.find(conn)? {
            Some(user) if users::is_last(conn, &user, TENANT_ADMIN)? => Ok(Err(Refusal::LastAdmin)),
            Some(user) => users::delete(conn, &user).map(|()| Ok(Some(user.sub))),
            None => Ok(Ok(None)),
        };
        let gone = self.0.db.write(gone).await?.map_err(IdentityError::Refused)?;
        let was_there = gone.is_some();
        self.0.post.forget(gone.into_iter().collect()).await;
        Ok(was_there)
    }
}

/// Names a user wherever a closure takes it.
struct Key {
    pool: String,
    tenant: String,
    name: String,
}

impl Key {
    fn new(pool: &PoolId, tenant: &TenantId, name: &str) -> Self {
        Self { pool: pool.as_str().to_owned(), tenant: tenant.as_str().to_owned(), name: name.to_owned() }
    }

    fn find(&self, conn: &Connection) -> rusqlite::Result<Option<User>> {
        users::find(conn, &self.pool, &self.tenant, &self.name)
    }
}

fn check_role(role: &str) -> Result<(), IdentityError> {
    if matches!(role, "TenantAdmin" | "TenantUser") {
        Ok(())
    } else {
        Err(refused("a user's role must be TenantAdmin or TenantUser"))
    }
}

fn is_taken(e: &rusqlite::Error) -> bool {
    e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}

fn tenant_user(user: User) -> TenantUser {
    TenantUser {
        status: user.status().to_owned(),
        name: user.name,
        email: user.email,
        role: user.role,
        enabled: user.enabled,
        created: user.created,
        modified: user.modified,
    }
}
