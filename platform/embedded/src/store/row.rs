//! A tenant's row: what is indexed of a record, and the record.

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::lifecycle::Decided;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;

use super::place;
use crate::database::{Change, IdKey, from_json, to_json};
use crate::work;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    Tenant = 0,
    Registration = 1,
    Operation = 2,
}

/// A record and where it is.
pub struct Row {
    pub n: i64,
    pub record: TenantRecord,
}

pub fn find(conn: &Connection, kind: IdKind, id: &str) -> Result<Option<Row>, rusqlite::Error> {
    if let Some(n) = place::of(id)
        && let Some(row) = at(conn, n)?
        && row.is_of(kind, id)
    {
        return Ok(Some(row));
    }
    let listed: Option<i64> = conn
        .prepare_cached("SELECT tenant FROM ids WHERE id = ?1 AND kind = ?2")?
        .query_row(params![IdKey(id), kind as i64], |row| row.get(0))
        .optional()?;
    listed.map_or(Ok(None), |n| at(conn, n))
}

fn at(conn: &Connection, n: i64) -> Result<Option<Row>, rusqlite::Error> {
    conn.prepare_cached("SELECT record FROM tenants WHERE n = ?1")?
        .query_row([n], |row| Ok(Row { n, record: from_json(row.get_ref(0)?.as_blob()?)? }))
        .optional()
}

impl Row {
    pub fn is_of(&self, kind: IdKind, id: &str) -> bool {
        match kind {
            IdKind::Tenant => self.record.tenant_id.as_str() == id,
            IdKind::Registration => self.record.registration_id.as_str() == id,
            // An earlier operation is its tenant's, too: it is looked for in the row it names, which it was made with.
            IdKind::Operation => place::is_family(id, self.record.tenant_id.as_str()),
        }
    }
}

pub fn add_id(conn: &Connection, kind: IdKind, id: &str, n: i64) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("INSERT INTO ids (id, kind, tenant) VALUES (?1, ?2, ?3)")?
        .execute(params![IdKey(id), kind as i64, n])
        .map(drop)
}

/// The columns that follow from a record.
pub struct Indexed<'a> {
    pub live_name: Option<&'a str>,
    pub pooled_email: Option<String>,
    pub due: Option<i64>,
}

impl<'a> Indexed<'a> {
    pub fn of(record: &'a TenantRecord) -> Self {
        let live = record.status != Status::Deleted;
        Self {
            live_name: live.then_some(record.name.as_str()),
            pooled_email: (live && record.placement == Placement::Pooled).then(|| record.sign_in_email().folded()),
            due: record.open_operation().and_then(Operation::due_at).map(Timestamp::millis),
        }
    }
}

/// Writes a record over the one it was decided from. False if its e-mail is taken, and nothing was written.
pub fn write_record(conn: &Connection, row: &Row, new: &TenantRecord) -> Result<bool, rusqlite::Error> {
    let (old, columns) = (Indexed::of(&row.record), Indexed::of(new));
    let (json, generation) = (to_json(new)?, i64::try_from(new.generation).unwrap_or(i64::MAX));
    if old.live_name == columns.live_name && old.pooled_email == columns.pooled_email {
        // Naming an indexed column costs its index a write, changed or not.
        conn.prepare_cached("UPDATE tenants SET due = ?2, generation = ?3, record = ?4 WHERE n = ?1")?
            .execute(params![row.n, columns.due, generation, json])?;
        return Ok(true);
    }
    let written = conn
        .prepare_cached(
            "UPDATE tenants SET due = ?2, generation = ?3, record = ?4, live_name = ?5, pooled_email = ?6
             WHERE n = ?1",
        )?
        .execute(params![row.n, columns.due, generation, json, columns.live_name, columns.pooled_email]);
    match written {
        Err(error) if is_taken(&error) => return Ok(false),
        other => other?,
    };
    if old.live_name.is_some() && columns.live_name.is_none() {
        count_tier(conn, new, -1)?;
    }
    Ok(true)
}

/// Writes what was decided, events and all. None if the e-mail is taken, and nothing was written.
pub fn write(change: &Change<'_>, row: &Row, decided: Decided) -> Result<Option<TenantRecord>, rusqlite::Error> {
    let Decided { record, replaced, events, look } = decided;
    if !write_record(change, row, &record)? {
        return Ok(None);
    }
    if let Some(operation) = &record.operation
        && row.record.operation.as_ref().is_none_or(|old| old.id != operation.id)
    {
        add_id(change, IdKind::Operation, operation.id.as_str(), row.n)?;
    }
    if let Some(old) = replaced {
        change
            .prepare_cached(
                "INSERT INTO operations (tenant, ordinal, id, operation)
                 VALUES (?1, (SELECT count(*) FROM operations WHERE tenant = ?1), ?2, ?3)",
            )?
            .execute(params![row.n, old.id.as_str(), to_json(&old)?])?;
    }
    change.announce(events)?;
    if look {
        work::ring(change, &Owner::Tenant(record.tenant_id.clone()), change.now)?;
    }
    Ok(Some(record))
}

pub fn count_tier(conn: &Connection, record: &TenantRecord, by: i64) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO tiers (tier, placement, tenants) VALUES (?1, ?2, ?3)
         ON CONFLICT (tier, placement) DO UPDATE SET tenants = tenants + ?3",
    )?
    .execute(params![record.tier, record.placement.as_str(), by])
    .map(drop)
}

pub fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
