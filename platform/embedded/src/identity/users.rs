//! Users as they are stored.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tenantry_contract::time::Timestamp;

use super::password;
use super::secret::ServerKey;

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) pool: String,
    /// Empty for the provider's admins.
    pub(super) tenant: String,
    /// Unique in its tenant, or in the admin pool.
    pub(super) name: String,
    /// What tokens name the user by; never given twice.
    pub(super) sub: String,
    pub(super) email: String,
    /// What the user signs in with; unique in the pool.
    pub(super) login: String,
    pub(super) role: String,
    pub(super) tenant_name: String,
    pub(super) tenant_tier: String,
    pub(super) credential: Credential,
    pub(super) enabled: bool,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) enum Credential {
    /// The nonce of a derived password that has to be changed at the first sign-in.
    OneTime(Vec<u8>),
    /// The hash of a password the user chose.
    Chosen(String),
}

impl User {
    /// The pool's own word for the user: opaque where tenants share a pool.
    pub(super) fn username(&self) -> &str {
        if self.tenant.is_empty() { &self.name } else { &self.sub }
    }

    /// Cognito's word.
    pub(super) fn status(&self) -> &'static str {
        match self.credential {
            Credential::OneTime(_) => "FORCE_CHANGE_PASSWORD",
            Credential::Chosen(_) => "CONFIRMED",
        }
    }

    /// The one-time password, while there is one.
    pub(super) fn one_time(&self, key: &ServerKey) -> Option<String> {
        match &self.credential {
            Credential::OneTime(nonce) => Some(password::one_time(key, &[&self.pool, &self.tenant, &self.name], nonce)),
            Credential::Chosen(_) => None,
        }
    }
}

const COLUMNS: &str = "pool, tenant, name, sub, email, login, role, tenant_name, tenant_tier, nonce, password, \
                       enabled, created, modified";

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let credential = match row.get::<_, Option<Vec<u8>>>("nonce")? {
        Some(nonce) => Credential::OneTime(nonce),
        None => Credential::Chosen(row.get("password")?),
    };
    Ok(User {
        pool: row.get("pool")?,
        tenant: row.get("tenant")?,
        name: row.get("name")?,
        sub: row.get("sub")?,
        email: row.get("email")?,
        login: row.get("login")?,
        role: row.get("role")?,
        tenant_name: row.get("tenant_name")?,
        tenant_tier: row.get("tenant_tier")?,
        credential,
        enabled: row.get("enabled")?,
        created: Timestamp::from_millis(row.get("created")?),
        modified: Timestamp::from_millis(row.get("modified")?),
    })
}

pub(super) fn find(conn: &Connection, pool: &str, tenant: &str, name: &str) -> rusqlite::Result<Option<User>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE pool = ?1 AND tenant = ?2 AND name = ?3"))?
        .query_row(params![pool, tenant, name], read)
        .optional()
}

pub(super) fn by_sub(conn: &Connection, pool: &str, sub: &str) -> rusqlite::Result<Option<User>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE sub = ?1 AND pool = ?2"))?
        .query_row(params![sub, pool], read)
        .optional()
}

/// By what a person types: the login, or the pool's own word for the user.
pub(super) fn by_login(conn: &Connection, pool: &str, typed: &str) -> rusqlite::Result<Option<User>> {
    let found = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE pool = ?1 AND login IN (?2, ?3)"))?
        .query_map(params![pool, typed, typed.to_ascii_lowercase()], read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let exact = |user: &User| user.login == typed;
    // An e-mail is compared without regard to case, an admin's name with it.
    match found.into_iter().find(|user| exact(user) || !user.tenant.is_empty()) {
        Some(user) => Ok(Some(user)),
        None => Ok(by_sub(conn, pool, typed)?.filter(|user| !user.tenant.is_empty())),
    }
}

/// In the order of their names, after the given one.
pub(super) fn list(
    conn: &Connection,
    pool: &str,
    tenant: &str,
    after: &str,
    limit: usize,
) -> rusqlite::Result<Vec<User>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM user WHERE pool = ?1 AND tenant = ?2 AND name > ?3 ORDER BY name LIMIT ?4"
    ))?
    .query_map(params![pool, tenant, after, i64::try_from(limit).unwrap_or(i64::MAX)], read)?
    .collect()
}

/// False if the name or the login is taken. A mail is owed from then on.
pub(super) fn insert(conn: &Connection, user: &User, mail: bool) -> rusqlite::Result<bool> {
    let (nonce, password) = match &user.credential {
        Credential::OneTime(nonce) => (Some(nonce), None),
        Credential::Chosen(hash) => (None, Some(hash)),
    };
    let made =
        conn.prepare_cached(&format!(
            "INSERT INTO user ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
             ON CONFLICT DO NOTHING"
        ))?
        .execute(params![
            user.pool,
            user.tenant,
            user.name,
            user.sub,
            user.email,
            user.login,
            user.role,
            user.tenant_name,
            user.tenant_tier,
            nonce,
            password,
            user.enabled,
            user.created.millis(),
            user.modified.millis(),
        ])? == 1;
    if made && mail {
        conn.prepare_cached("INSERT INTO unmailed (sub) VALUES (?1)")?.execute([&user.sub])?;
    }
    Ok(made)
}

/// What can change of a user, written back whole. An e-mail that is taken is a constraint's error.
pub(super) fn save(conn: &Connection, user: &User) -> rusqlite::Result<()> {
    let (nonce, password) = match &user.credential {
        Credential::OneTime(nonce) => (Some(nonce), None),
        Credential::Chosen(hash) => (None, Some(hash)),
    };
    conn.prepare_cached(
        "UPDATE user SET email = ?2, login = ?3, role = ?4, nonce = ?5, password = ?6, enabled = ?7, modified = ?8 \
         WHERE sub = ?1",
    )?
    .execute(params![
        user.sub,
        user.email,
        user.login,
        user.role,
        nonce,
        password,
        user.enabled,
        user.modified.millis()
    ])?;
    Ok(())
}

pub(super) fn delete(conn: &Connection, user: &User) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM user WHERE sub = ?1")?.execute([&user.sub])?;
    conn.prepare_cached("DELETE FROM unmailed WHERE sub = ?1")?.execute([&user.sub])?;
    conn.prepare_cached("DELETE FROM ticket WHERE sub = ?1")?.execute([&user.sub])?;
    Ok(())
}

/// Whether the user is the last enabled one of a role.
pub(super) fn is_last(conn: &Connection, user: &User, role: &str) -> rusqlite::Result<bool> {
    if !user.enabled || user.role != role {
        return Ok(false);
    }
    let others = "SELECT 1 FROM user WHERE pool = ?1 AND tenant = ?2 AND role = ?3 AND enabled AND sub <> ?4";
    Ok(!conn.prepare_cached(others)?.exists(params![user.pool, user.tenant, role, user.sub])?)
}

/// Whether a tenant was removed from the pool.
pub(super) fn is_gone(conn: &Connection, pool: &str, tenant: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM gone WHERE pool = ?1 AND tenant = ?2")?.exists([pool, tenant])
}

/// Lets a tenant have users that was removed before.
pub(super) fn readmit(conn: &Connection, pool: &str, tenant: &str) -> rusqlite::Result<()> {
    if is_gone(conn, pool, tenant)? {
        conn.prepare_cached("DELETE FROM gone WHERE pool = ?1 AND tenant = ?2")?.execute([pool, tenant])?;
    }
    Ok(())
}

/// How long a tenant that was removed is remembered: far longer than any token of its is good for.
const GONE_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How many of them one removal forgets at most.
const FORGOTTEN: i64 = 100;

/// All users of a tenant in a pool, and it gets no more. Forgets those that were removed long ago. Says who is gone.
pub(super) fn delete_all(conn: &Connection, pool: &str, tenant: &str, now: Timestamp) -> rusqlite::Result<Vec<String>> {
    let subs = conn
        .prepare_cached("SELECT sub FROM user WHERE pool = ?1 AND tenant = ?2")?
        .query_map([pool, tenant], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let kept = i64::try_from(GONE_KEPT.as_millis()).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "DELETE FROM gone WHERE (pool, tenant) IN (SELECT pool, tenant FROM gone WHERE at < ?1 ORDER BY at LIMIT ?2)",
    )?
    .execute(params![now.millis().saturating_sub(kept), FORGOTTEN])?;
    for table in ["ticket", "unmailed"] {
        conn.prepare_cached(&format!(
            "DELETE FROM {table} WHERE sub IN (SELECT sub FROM user WHERE pool = ?1 AND tenant = ?2)"
        ))?
        .execute([pool, tenant])?;
    }
    conn.prepare_cached("DELETE FROM user WHERE pool = ?1 AND tenant = ?2")?.execute([pool, tenant])?;
    conn.prepare_cached("INSERT INTO gone (pool, tenant, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![pool, tenant, now.millis()])?;
    Ok(subs)
}

/// Those of whom there is no user.
pub(super) fn unknown(conn: &Connection, mut subs: Vec<String>) -> rusqlite::Result<Vec<String>> {
    let mut known = conn.prepare_cached("SELECT 1 FROM user WHERE sub = ?1")?;
    let mut unknown = Vec::new();
    for sub in subs.drain(..) {
        if !known.exists([&sub])? {
            unknown.push(sub);
        }
    }
    Ok(unknown)
}

/// Users whose mail may not be on the disk.
pub(super) fn unmailed(conn: &Connection) -> rusqlite::Result<Vec<User>> {
    conn.prepare(&format!("SELECT {COLUMNS} FROM user WHERE sub IN (SELECT sub FROM unmailed)"))?
        .query_map([], read)?
        .collect()
}

pub(super) fn is_mailed(conn: &Connection, sub: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM unmailed WHERE sub = ?1)")?.query_row([sub], |row| row.get(0))
}

pub(super) fn mailed(conn: &Connection, subs: &[String]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("DELETE FROM unmailed WHERE sub = ?1")?;
    subs.iter().try_for_each(|sub| statement.execute([sub]).map(drop))
}
