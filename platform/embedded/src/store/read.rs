//! Lookups and lists.

use rusqlite::types::{FromSqlError, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::{OperationId, TenantId};
use tenantry_contract::name::TenantName;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::store::Listed;

use super::damaged;
use super::row::{IdKind, find};
use crate::database::{Unreadable, from_json, rows};

pub fn named(conn: &Connection, name: &TenantName) -> Result<Option<TenantRecord>, rusqlite::Error> {
    conn.prepare_cached("SELECT record FROM tenants WHERE live_name = ?1")?
        .query_row([name.as_str()], |row| from_json(row.get_ref(0)?.as_blob()?))
        .optional()
}

/// In the order they came, each page a walk along the primary key.
pub fn tenants(
    conn: &Connection,
    unreadable: &Unreadable,
    page: &PageRequest,
) -> Result<Page<Listed>, rusqlite::Error> {
    let after = number(page)?.unwrap_or(0);
    let mut listed = conn.prepare_cached("SELECT n, record FROM tenants WHERE n > ?1 ORDER BY n")?;
    let mut rows = listed.query([after])?;
    let mut found = Vec::with_capacity(page.limit.saturating_add(1).min(MOST));
    while found.len() <= page.limit
        && let Some(row) = rows.next()?
    {
        let n = row.get(0)?;
        match record(row.get_ref(1)?) {
            Ok(record) => found.push((n, Listed::Tenant(Box::new(record)))),
            Err(error) => {
                tell(unreadable, n, &error);
                let json = row.get_ref(1)?.as_blob().unwrap_or_default();
                found.push((n, Listed::Unreadable(damaged::listed(conn, n, json, &error)?)));
            }
        }
    }
    Ok(cut(found, page.limit))
}

/// More than any page asks for; so much room is made at once.
const MOST: usize = 128;

fn record(column: ValueRef<'_>) -> Result<TenantRecord, rusqlite::Error> {
    column.as_blob().map_err(rusqlite::Error::from).and_then(from_json)
}

fn tell(unreadable: &Unreadable, n: i64, error: &rusqlite::Error) {
    unreadable.tell("a tenant's record", &format!("row {n} of tenants"), error);
}

/// One that cannot be read is passed over, and takes no other's place.
pub fn overdue(
    conn: &Connection,
    unreadable: &Unreadable,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<TenantId>, rusqlite::Error> {
    let mut due = conn.prepare_cached("SELECT record, n FROM tenants WHERE due <= ?1 ORDER BY due")?;
    let mut rows = due.query([now.millis()])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        match record(row.get_ref(0)?) {
            Ok(record) => found.push(record.tenant_id),
            Err(error) => tell(unreadable, row.get(1)?, &error),
        }
    }
    Ok(found)
}

pub fn operation(conn: &Connection, id: &OperationId) -> Result<Option<Operation>, rusqlite::Error> {
    let Some(row) = find(conn, IdKind::Operation, id.as_str())? else { return Ok(None) };
    if let Some(current) = row.record.operation.filter(|op| &op.id == id) {
        return Ok(Some(current));
    }
    conn.prepare_cached("SELECT operation FROM operations WHERE tenant = ?1 AND id = ?2")?
        .query_row(params![row.n, id.as_str()], |row| from_json(row.get_ref(0)?.as_blob()?))
        .optional()
}

/// The newest is in the record and comes after all others, whose ordinals count from 0.
pub fn operations(conn: &Connection, id: &TenantId, page: &PageRequest) -> Result<Page<Operation>, rusqlite::Error> {
    let Some(row) = find(conn, IdKind::Tenant, id.as_str())? else {
        return Ok(Page { items: Vec::new(), next: None });
    };
    let before = number(page)?.unwrap_or(i64::MAX);
    let newest: i64 = conn.query_row("SELECT count(*) FROM operations WHERE tenant = ?1", [row.n], |row| row.get(0))?;
    let mut found: Vec<(i64, Operation)> =
        row.record.operation.filter(|_| newest < before).map(|op| (newest, op)).into_iter().collect();
    let wanted = (page.limit + 1).saturating_sub(found.len());
    let older = conn
        .prepare_cached(
            "SELECT ordinal, operation FROM operations WHERE tenant = ?1 AND ordinal < ?2
             ORDER BY ordinal DESC LIMIT ?3",
        )?
        .query_map(params![row.n, before, rows(wanted)], |row| {
            Ok((row.get(0)?, from_json(row.get_ref(1)?.as_blob()?)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    found.extend(older);
    Ok(cut(found, page.limit))
}

pub fn tiers_in_use(conn: &Connection) -> Result<Vec<(String, Placement)>, rusqlite::Error> {
    conn.prepare_cached("SELECT tier, placement FROM tiers WHERE tenants > 0")?
        .query_map([], |row| Ok((row.get(0)?, placement(row.get_ref(1)?)?)))?
        .collect()
}

fn placement(column: ValueRef<'_>) -> Result<Placement, rusqlite::Error> {
    let text = column.as_str()?;
    Ok(Placement::parse(text).ok_or_else(|| FromSqlError::Other(format!("{text:?} is no placement").into()))?)
}

/// A position of ours is a number.
pub fn number(page: &PageRequest) -> Result<Option<i64>, rusqlite::Error> {
    let parse = |position: &Position| {
        position.0.parse().map_err(|e: std::num::ParseIntError| rusqlite::Error::ToSqlConversionFailure(e.into()))
    };
    page.after.as_ref().map(parse).transpose()
}

/// A page out of one row more than it may have, which says whether there is another page.
pub fn cut<T>(mut found: Vec<(i64, T)>, limit: usize) -> Page<T> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(n, _)| Position(n.to_string()));
    Page { items: found.into_iter().map(|(_, item)| item).collect(), next }
}
