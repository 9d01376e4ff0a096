//! The provider's own people.

use async_trait::async_trait;
use rusqlite::Connection;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{
    Admin, AdminChange, Admins, IdentityError, LONGEST_USER_NAME, Made, NewAdmin, SYSTEM_ADMIN,
};
use tenantry_ports::page::{Page, PageRequest, Position};

use super::ensure::refused;
use super::pools::{self, PoolOwner};
use super::users::User;
use super::{Identity, tickets, to_the_end, users};

/// 1 to 128 printable characters without a space.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_USER_NAME).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[async_trait]
impl Admins for Identity {
    async fn create(&self, new: NewAdmin) -> Result<Made<Admin>, IdentityError> {
        if !is_name(&new.name) {
            return Err(refused("a user's name must be 1 to 128 printable characters without a space"));
        }
        let now = self.now();
        let user = User {
            pool: String::new(),
            tenant: String::new(),
            login: new.name.clone(),
            name: new.name,
            sub: self.0.ids.fresh(),
            email: new.email.into(),
            role: new.role,
            tenant_name: String::new(),
            tenant_tier: String::new(),
            credential: self.one_time_credential(),
            enabled: true,
            created: now,
            modified: now,
        };
        let this = self.clone();
        to_the_end(async move {
            let insert = move |conn: &Connection| {
                let Some(pool) = admin_pool(conn)? else { return Ok(None) };
                let user = User { pool, ..user };
                Ok(Some(users::insert(conn, &user, true)?.then_some(user)))
            };
            let made = this.0.db.write(insert).await?.ok_or_else(|| refused("there is no admin pool yet"))?;
            let Some(user) = made else { return Ok(Made::Taken) };
            this.0.post.deliver(user.clone()).await?;
            Ok(Made::New(admin(user)))
        })
        .await
    }

    async fn get(&self, name: &str) -> Result<Option<Admin>, IdentityError> {
        let name = name.to_owned();
        Ok(self.0.db.read(move |conn| find(conn, &name)).await?.map(admin))
    }

    async fn list(&self, page: PageRequest) -> Result<Page<Admin>, IdentityError> {
        let found = self
            .0
            .db
            .read(move |conn| match admin_pool(conn)? {
                Some(pool) => list_page(conn, &pool, "", &page),
                None => Ok(Page { items: Vec::new(), next: None }),
            })
            .await?;
        Ok(found.map(admin))
    }

    async fn update(&self, name: &str, change: AdminChange) -> Result<bool, IdentityError> {
        let now = self.now();
        self.change(name, move |user| {
            user.role = change.role.unwrap_or_else(|| user.role.clone());
            user.email = change.email.map_or_else(|| user.email.clone(), Into::into);
            user.modified = now;
        })
        .await
    }

    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<bool, IdentityError> {
        let now = self.now();
        self.change(name, move |user| {
            user.enabled = enabled;
            user.modified = now;
        })
        .await
    }

    async fn delete(&self, name: &str) -> Result<bool, IdentityError> {
        let name = name.to_owned();
        let gone = move |conn: &Connection| match find(conn, &name)? {
            Some(user) if users::is_last(conn, &user, SYSTEM_ADMIN)? => Ok(Err(Refusal::LastAdmin)),
            Some(user) => users::delete(conn, &user).map(|()| Ok(Some(user.sub))),
            None => Ok(Ok(None)),
        };
        let gone = self.0.db.write(gone).await?.map_err(IdentityError::Refused)?;
        let was_there = gone.is_some();
        self.0.post.forget(gone.into_iter().collect()).await;
        Ok(was_there)
    }
}

impl Identity {
    async fn change(&self, name: &str, how: impl FnOnce(&mut User) + Send + 'static) -> Result<bool, IdentityError> {
        let name = name.to_owned();
        let write = move |conn: &Connection| {
            let Some(before) = find(conn, &name)? else { return Ok(Ok(false)) };
            let mut user = before.clone();
            how(&mut user);
            let steps_down = !user.enabled || user.role != SYSTEM_ADMIN;
            if steps_down && users::is_last(conn, &before, SYSTEM_ADMIN)? {
                return Ok(Err(Refusal::LastAdmin));
            }
            users::save(conn, &user)?;
            if !user.enabled {
                tickets::revoke_user(conn, &user.sub)?;
            }
            Ok(Ok(true))
        };
        self.0.db.write(write).await?.map_err(IdentityError::Refused)
    }
}

fn admin_pool(conn: &Connection) -> rusqlite::Result<Option<String>> {
    Ok(pools::of(conn, &PoolOwner::Admins)?.map(|pool| pool.id))
}

fn find(conn: &Connection, name: &str) -> rusqlite::Result<Option<User>> {
    match admin_pool(conn)? {
        Some(pool) => users::find(conn, &pool, "", name),
        None => Ok(None),
    }
}

/// A page is read with one more than it holds, which tells whether another follows.
pub(super) fn list_page(
    conn: &Connection,
    pool: &str,
    tenant: &str,
    page: &PageRequest,
) -> rusqlite::Result<Page<User>> {
    let after = page.after.as_ref().map_or("", |position| position.0.as_str());
    let mut items = users::list(conn, pool, tenant, after, page.limit.saturating_add(1))?;
    let more = items.len() > page.limit;
    items.truncate(page.limit);
    let next = if more { items.last().map(|user| Position(user.name.clone())) } else { None };
    Ok(Page { items, next })
}

fn admin(user: User) -> Admin {
    Admin {
        status: user.status().to_owned(),
        name: user.name,
        email: user.email,
        role: user.role,
        enabled: user.enabled,
        created: user.created,
        modified: user.modified,
    }
}
