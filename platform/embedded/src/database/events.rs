//! Events in the log.

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::event::Event;
use tenantry_ports::bus::Consumer;

use super::codec::{IdKey, to_json};
use super::unreadable::is_unreadable;
use crate::store::IdKind;

/// A consumer's bit in `events.hears`, and its number elsewhere.
pub const fn hears_bit(consumer: Consumer) -> i64 {
    match consumer {
        Consumer::Provisioner => 1,
        Consumer::ControlPlane => 2,
    }
}

/// An event's place in the log, and the bits of those who hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    pub seq: i64,
    pub hears: i64,
}

/// Appends an event.
pub fn publish(conn: &Connection, event: &Event) -> Result<Logged, rusqlite::Error> {
    publish_body(conn, event, &to_json(event)?)
}

/// As `publish`, for one that was written as JSON before.
pub fn publish_body(conn: &Connection, event: &Event, body: &[u8]) -> Result<Logged, rusqlite::Error> {
    let hears: i64 = Consumer::ALL.into_iter().filter(|c| c.hears(event)).map(hears_bit).sum();
    let named = event.text("tenantId");
    let found = if named.is_none() { tenant_of_registration(conn, event)? } else { None };
    let tenant = named.or(found.as_deref()).map(IdKey);
    let seq = conn
        .prepare_cached("INSERT INTO events (at, hears, tenant, type, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .insert(params![event.time.millis(), hears, tenant, event.detail_type, body])?;
    Ok(Logged { seq, hears })
}

/// A foreign application plane names the registration only.
fn tenant_of_registration(conn: &Connection, event: &Event) -> Result<Option<String>, rusqlite::Error> {
    let Some(registration) = event.text("tenantRegistrationId") else { return Ok(None) };
    let found = match crate::store::find(conn, IdKind::Registration, registration) {
        // It is an event of nobody then.
        Err(error) if is_unreadable(&error) => None,
        found => found?,
    };
    Ok(found.map(|row| row.record.tenant_id.into()))
}

/// The place of the newest event, 0 if there never was one.
pub fn last_event(conn: &Connection) -> Result<i64, rusqlite::Error> {
    conn.prepare_cached("SELECT seq FROM events ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}
