//! Everything opaque we hand out: codes, sessions, refresh tokens. Only digests are kept.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use tenantry_contract::time::Timestamp;

use super::secret::digest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An authorization code.
    Code,
    /// Between the right one-time password and the chosen one.
    Challenge,
    /// The sign-in of a browser.
    Browser,
    Refresh,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Challenge => "challenge",
            Self::Browser => "browser",
            Self::Refresh => "refresh",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticket {
    pub(super) kind: Kind,
    pub(super) pool: String,
    pub(super) sub: String,
    /// What links the tokens of one sign-in.
    pub(super) origin: String,
    pub(super) grant: Grant,
    pub(super) expires: Timestamp,
}

/// What a ticket stands for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) client: String,
    pub(super) scope: String,
    /// When the person proved who they are, in seconds.
    pub(super) auth_time: i64,
    pub(super) redirect: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
}

/// Keeps a ticket, and forgets those that have expired.
pub(super) fn put(conn: &Connection, secret: &str, ticket: &Ticket, now: Timestamp) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM ticket WHERE expires <= ?1")?.execute([now.millis()])?;
    let body =
        serde_json::to_string(&ticket.grant).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    conn.prepare_cached(
        "INSERT INTO ticket (digest, kind, pool, sub, origin, body, expires, spent) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
    )?
    .execute(params![
        digest(secret),
        ticket.kind.word(),
        ticket.pool,
        ticket.sub,
        ticket.origin,
        body,
        ticket.expires.millis()
    ])?;
    Ok(())
}

#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    Fresh(Ticket),
    /// Used before: whoever has it now may have stolen it.
    Spent(Ticket),
    /// Never given, expired, or forgotten.
    Unknown,
}

pub(super) fn get(conn: &Connection, kind: Kind, pool: &str, secret: &str, now: Timestamp) -> rusqlite::Result<Seen> {
    let read = |row: &Row<'_>| {
        let body: String = row.get("body")?;
        let grant = serde_json::from_str(&body)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))?;
        let ticket = Ticket {
            kind,
            pool: pool.to_owned(),
            sub: row.get("sub")?,
            origin: row.get("origin")?,
            grant,
            expires: Timestamp::from_millis(row.get("expires")?),
        };
        Ok(if row.get("spent")? { Seen::Spent(ticket) } else { Seen::Fresh(ticket) })
    };
    let found = conn
        .prepare_cached("SELECT * FROM ticket WHERE digest = ?1 AND kind = ?2 AND pool = ?3 AND expires > ?4")?
        .query_row(params![digest(secret), kind.word(), pool, now.millis()], read)
        .optional()?;
    Ok(found.unwrap_or(Seen::Unknown))
}

/// As `get`, and spends it.
pub(super) fn take(conn: &Connection, kind: Kind, pool: &str, secret: &str, now: Timestamp) -> rusqlite::Result<Seen> {
    let seen = get(conn, kind, pool, secret, now)?;
    conn.prepare_cached("UPDATE ticket SET spent = 1 WHERE digest = ?1")?.execute([digest(secret)])?;
    Ok(seen)
}

pub(super) fn forget(conn: &Connection, kind: Kind, pool: &str, secret: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM ticket WHERE digest = ?1 AND kind = ?2 AND pool = ?3")?.execute(params![
        digest(secret),
        kind.word(),
        pool
    ])?;
    Ok(())
}

/// Whether tokens of that sign-in are still good for asking about the user.
pub(super) fn lives(conn: &Connection, pool: &str, origin: &str, now: Timestamp) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM ticket WHERE origin = ?1 AND pool = ?2 AND kind = 'refresh' AND expires > ?3)",
    )?
    .query_row(params![origin, pool, now.millis()], |row| row.get(0))
}

/// Ends what came of one sign-in with a client.
pub(super) fn revoke(conn: &Connection, pool: &str, origin: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM ticket WHERE origin = ?1 AND pool = ?2 AND kind = 'refresh'")?
        .execute([origin, pool])?;
    Ok(())
}

/// Ends every session of a user.
pub(super) fn revoke_user(conn: &Connection, sub: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM ticket WHERE sub = ?1")?.execute([sub])?;
    Ok(())
}
