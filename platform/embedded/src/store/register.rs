//! A new tenant. Nothing of it depends on what is stored but whether its names are free, so all else is made
//! before the writer's turn.

use rusqlite::{OptionalExtension, params};
use tenantry_contract::event::Event;
use tenantry_contract::lifecycle::{self, NewTenant};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::error::Cause;
use tenantry_ports::ids::MintIds;
use tenantry_ports::keys::{KeyUse, StoredAnswer, Taken};
use tenantry_ports::store::{Registered, StoreError};

use super::place;
use super::row::{IdKind, Indexed, add_id, count_tier, is_taken};
use crate::database::{Change, Database, json};
use crate::keys::{self, HashedKey};

/// A registration as it will be written.
pub struct Prepared {
    place: Option<i64>,
    record: Box<TenantRecord>,
    json: Vec<u8>,
    events: Vec<(Event, Vec<u8>)>,
    key: Option<(HashedKey, StoredAnswer)>,
}

pub fn prepare(database: &Database, new: NewTenant, key: Option<KeyUse>) -> Result<Prepared, StoreError> {
    let (ids, now) = (&database.inner.ids, database.inner.clock.now());
    let (minted, place) = place::mint(&**ids);
    let decided = lifecycle::register(new, minted, now);
    let record = Box::new(decided.record);
    let written = to_json(&record)?;
    let events = decided.events.into_iter().map(|draft| {
        let event = draft.stamp(ids.event(), now, &database.inner.sources);
        to_json(&event).map(|body| (event, body))
    });
    let events = events.collect::<Result<_, _>>()?;
    let key = key.map(|used| (HashedKey::from(&used.key), (used.answer)(&record)));
    Ok(Prepared { place, record, json: written, events, key })
}

fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    json(value).map_err(|e| StoreError::broken("it cannot be written as JSON", Cause::from(e)))
}

/// Refuses before it has written anything: see `Guard::Group`.
pub fn write(change: &Change<'_>, new: Prepared) -> Result<Registered, rusqlite::Error> {
    let mut key_is_new = true;
    if let Some((key, _)) = &new.key {
        match keys::look(change, key)? {
            Taken::Replayed(answer) => return Ok(Registered::Replayed(answer)),
            Taken::Reused => return Ok(Registered::KeyReused),
            Taken::New => {}
            Taken::Unanswered => key_is_new = false,
        }
    }
    let columns = Indexed::of(&new.record);
    let mut place = new.place;
    let mut inserted = insert(change, place, &columns, &new);
    if place.is_some() && inserted.as_ref().is_err_and(is_occupied) {
        place = None;
        inserted = insert(change, None, &columns, &new);
    }
    let n = match inserted {
        Err(error) if is_taken(&error) => return taken(change, &columns),
        other => other?,
    };
    if place.is_none() {
        add_id(change, IdKind::Tenant, new.record.tenant_id.as_str(), n)?;
        add_id(change, IdKind::Registration, new.record.registration_id.as_str(), n)?;
        if let Some(operation) = &new.record.operation {
            add_id(change, IdKind::Operation, operation.id.as_str(), n)?;
        }
    }
    count_tier(change, &new.record, 1)?;
    for (event, body) in &new.events {
        change.publish_body(event, body)?;
    }
    if let Some((key, answer)) = &new.key {
        if key_is_new {
            keys::keep(change, key, Some(answer))?;
        } else {
            keys::answer(change, key, answer)?;
        }
    }
    Ok(Registered::New(new.record))
}

/// At its place, or at the next one.
fn insert(
    change: &Change<'_>,
    place: Option<i64>,
    columns: &Indexed<'_>,
    new: &Prepared,
) -> Result<i64, rusqlite::Error> {
    change
        .prepare_cached(
            "INSERT INTO tenants (n, live_name, pooled_email, due, generation, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .insert(params![
            place,
            columns.live_name,
            columns.pooled_email,
            columns.due,
            i64::try_from(new.record.generation).unwrap_or(i64::MAX),
            new.json
        ])
}

/// The place is another tenant's: the clock went back.
fn is_occupied(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID};
    let occupied = [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID];
    error.sqlite_error().is_some_and(|e| occupied.contains(&e.extended_code))
}

/// Which of the two was taken.
fn taken(change: &Change<'_>, columns: &Indexed<'_>) -> Result<Registered, rusqlite::Error> {
    let named = change
        .prepare_cached("SELECT 1 FROM tenants WHERE live_name = ?1")?
        .query_row([columns.live_name], |_| Ok(()))
        .optional()?;
    Ok(if named.is_some() { Registered::NameTaken } else { Registered::EmailTaken })
}
