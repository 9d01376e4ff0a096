//! Pools and their clients as they are stored.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;

/// Whose a pool is. It decides what the pool's issuer may speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PoolOwner {
    Admins,
    Of(Owner),
}

impl PoolOwner {
    pub(super) fn word(&self) -> String {
        match self {
            Self::Admins => "admins".to_owned(),
            Self::Of(Owner::Stage) => "stage".to_owned(),
            Self::Of(Owner::Tenant(id)) => format!("tenant:{id}"),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "admins" => Some(Self::Admins),
            "stage" => Some(Self::Of(Owner::Stage)),
            _ => TenantId::parse(word.strip_prefix("tenant:")?).ok().map(|id| Self::Of(Owner::Tenant(id))),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pool {
    pub(super) id: String,
    pub(super) owner: PoolOwner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientKind {
    /// Public: code with PKCE, and the password flow.
    People,
    /// Confidential: client credentials alone.
    Machine,
}

impl ClientKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Machine => "machine",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) kind: ClientKind,
    pub(super) secret_hash: Option<Vec<u8>>,
}

impl Pool {
    /// What a client of this pool may ask for.
    pub(super) fn scopes(&self, kind: ClientKind) -> &'static [&'static str] {
        match (&self.owner, kind) {
            (PoolOwner::Admins, ClientKind::People) => &[
                "openid",
                "email",
                "profile",
                "tenant/tenant_read",
                "tenant/tenant_write",
                "user/user_read",
                "user/user_write",
            ],
            (PoolOwner::Admins, ClientKind::Machine) => &["tenant/tenant_read", "tenant/tenant_write"],
            (PoolOwner::Of(_), ClientKind::People) => &["openid", "email", "profile", super::USER_SCOPE],
            (PoolOwner::Of(_), ClientKind::Machine) => &[],
        }
    }
}

fn bad(what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, what.to_owned().into())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Pool> {
    let word: String = row.get("owner")?;
    Ok(Pool { id: row.get("id")?, owner: PoolOwner::parse(&word).ok_or_else(|| bad("a pool's owner"))? })
}

fn read_client(row: &Row<'_>) -> rusqlite::Result<Client> {
    let word: String = row.get("kind")?;
    let kind = match word.as_str() {
        "people" => ClientKind::People,
        "machine" => ClientKind::Machine,
        _ => return Err(bad("a client's kind")),
    };
    Ok(Client { id: row.get("id")?, kind, secret_hash: row.get("secret_hash")? })
}

pub(super) fn find(conn: &Connection, id: &str) -> rusqlite::Result<Option<Pool>> {
    conn.prepare_cached("SELECT id, owner FROM pool WHERE id = ?1")?.query_row([id], read).optional()
}

pub(super) fn of(conn: &Connection, owner: &PoolOwner) -> rusqlite::Result<Option<Pool>> {
    conn.prepare_cached("SELECT id, owner FROM pool WHERE owner = ?1")?.query_row([owner.word()], read).optional()
}

pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Pool>> {
    conn.prepare_cached("SELECT id, owner FROM pool ORDER BY id")?.query_map([], read)?.collect()
}

pub(super) fn insert(conn: &Connection, pool: &Pool, now: Timestamp) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO pool (id, owner, created) VALUES (?1, ?2, ?3)")?.execute(params![
        pool.id,
        pool.owner.word(),
        now.millis()
    ])?;
    Ok(())
}

pub(super) fn clients(conn: &Connection, pool: &str) -> rusqlite::Result<Vec<Client>> {
    conn.prepare_cached("SELECT id, kind, secret_hash FROM client WHERE pool = ?1 ORDER BY id")?
        .query_map([pool], read_client)?
        .collect()
}

pub(super) fn client(conn: &Connection, pool: &str, id: &str) -> rusqlite::Result<Option<Client>> {
    conn.prepare_cached("SELECT id, kind, secret_hash FROM client WHERE pool = ?1 AND id = ?2")?
        .query_row([pool, id], read_client)
        .optional()
}

/// The name of the tenant whose pool it is; none for a pool of many, or of nobody yet.
pub(super) fn tenant_name(conn: &Connection, pool: &Pool) -> rusqlite::Result<Option<String>> {
    let PoolOwner::Of(Owner::Tenant(tenant)) = &pool.owner else { return Ok(None) };
    conn.prepare_cached("SELECT tenant_name FROM user WHERE pool = ?1 AND tenant = ?2 LIMIT 1")?
        .query_row([pool.id.as_str(), tenant.as_str()], |row| row.get(0))
        .optional()
}

/// A client and its pool, by the client's id alone.
pub(super) fn by_client(conn: &Connection, id: &str) -> rusqlite::Result<Option<(Pool, Client)>> {
    let pool: Option<String> =
        conn.prepare_cached("SELECT pool FROM client WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
    let Some(pool) = pool else { return Ok(None) };
    Ok(find(conn, &pool)?.zip(client(conn, &pool, id)?))
}

pub(super) fn insert_client(conn: &Connection, pool: &str, client: &Client) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO client (id, pool, kind, secret_hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![client.id, pool, client.kind.word(), client.secret_hash])?;
    Ok(())
}

/// The pool and everything in it. Says who is gone with it.
pub(super) fn delete(conn: &Connection, pool: &str) -> rusqlite::Result<Vec<String>> {
    let subs = conn
        .prepare_cached("SELECT sub FROM user WHERE pool = ?1")?
        .query_map([pool], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    conn.prepare_cached("DELETE FROM unmailed WHERE sub IN (SELECT sub FROM user WHERE pool = ?1)")?.execute([pool])?;
    conn.prepare_cached("DELETE FROM ticket WHERE sub IN (SELECT sub FROM user WHERE pool = ?1)")?.execute([pool])?;
    for table in ["user", "gone", "signing_key", "client"] {
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE pool = ?1"))?.execute([pool])?;
    }
    conn.prepare_cached("DELETE FROM pool WHERE id = ?1")?.execute([pool])?;
    Ok(subs)
}
