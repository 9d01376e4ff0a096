//! Holding an owner.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::id::WorkerId;
use tenantry_contract::lifecycle::claimed;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::work::{Claim, Held, Hold};

use super::inventory;
use super::{OwnerKey, read_owner};
use crate::database::{Change, is_unreadable, read_id, rows};
use crate::store::{IdKind, Row, find, write_record};

/// How long an owner of whom something cannot be read is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(10 * 60);

/// Claims who is due. While an owner is held its `due` is the lease's end, so nobody else finds it before.
pub fn claim(
    change: &Change<'_>,
    worker: &WorkerId,
    now: Timestamp,
    until: Timestamp,
    max: usize,
) -> Result<Vec<Claim>, rusqlite::Error> {
    let due: Vec<Value> = change
        .prepare_cached("SELECT owner FROM work WHERE due <= ?1 ORDER BY due LIMIT ?2")?
        .query_map(params![now.millis(), rows(max)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut claims = Vec::with_capacity(due.len());
    for key in due {
        match claim_one(change, &key, worker, now, until) {
            Ok(claim) => claims.push(claim),
            Err(error) if is_unreadable(&error) => put_off(change, &key, now.plus(LEFT_ALONE), &error)?,
            Err(error) => return Err(error),
        }
    }
    Ok(claims)
}

/// Everything is read before anything is written, so that an owner of whom something cannot be read stays as it was.
fn claim_one(
    change: &Change<'_>,
    key: &Value,
    worker: &WorkerId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Claim, rusqlite::Error> {
    let owner = read_owner(key.into())?;
    let inventory = inventory::of(change, &owner)?;
    let record = match owner.tenant() {
        None => None,
        Some(id) => find(change, IdKind::Tenant, id.as_str())?,
    };
    let fence: i64 = change
        .prepare_cached(
            "UPDATE work SET due = ?2, held_until = ?2, worker = ?3, rung = NULL, fence = fence + 1
             WHERE owner = ?1 RETURNING fence",
        )?
        .query_row(params![OwnerKey(&owner), until.millis(), worker.as_str()], |row| row.get(0))?;
    let record = match record {
        None => None,
        Some(row) => {
            let running = claimed(row.record.clone(), now);
            if running != row.record {
                write_record(change, &Row { n: row.n, record: row.record }, &running)?;
            }
            Some(running)
        }
    };
    let generation = record.as_ref().map_or(0, |r| r.generation);
    let attempt = record.as_ref().and_then(|r| r.operation.as_ref()).map(|op| (op.id.clone(), op.attempt));
    let hold = Hold { owner, worker: worker.clone(), fence: fence.unsigned_abs(), generation, attempt };
    Ok(Claim { hold, until, record, inventory })
}

/// Nobody can work on it, and nobody else waits for it.
fn put_off(change: &Change<'_>, key: &Value, until: Timestamp, error: &rusqlite::Error) -> Result<(), rusqlite::Error> {
    let owner = match key {
        Value::Integer(_) => "the stage".to_owned(),
        other => read_id(other.into()).unwrap_or_else(|_| format!("{other:?}")),
    };
    change.unreadable.tell("a record or an inventory", &owner, error);
    change
        .prepare_cached("UPDATE work SET due = ?2, held_until = NULL, rung = NULL WHERE owner = ?1")?
        .execute(params![key, until.millis()])
        .map(drop)
}

/// Ends the claims of an earlier process: this one holds the database alone, so nobody is left who could hold an
/// owner. What is due later is due now, as whoever put it off, for whatever reason and by whatever clock, is gone.
pub fn lapse(conn: &Connection, now: Timestamp) -> Result<(), rusqlite::Error> {
    conn.execute(
        "UPDATE work SET due = ?1, held_until = NULL, rung = NULL 
         WHERE due IS NOT NULL AND (due > ?1 OR held_until IS NOT NULL)",
        [now.millis()],
    )
    .map(drop)
}

/// Whether the hold is the newest and was not let go.
pub fn holds(conn: &Connection, hold: &Hold) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT 1 FROM work WHERE owner = ?1 AND fence = ?2 AND worker = ?3 AND held_until IS NOT NULL",
    )?
    .query_row(params![OwnerKey(&hold.owner), fence(hold), hold.worker.as_str()], |_| Ok(()))
    .optional()
    .map(|found| found.is_some())
}

pub fn renew(change: &Change<'_>, hold: &Hold, until: Timestamp) -> Result<Held, rusqlite::Error> {
    if !holds(change, hold)? {
        return Ok(Held::Lost);
    }
    change
        .prepare_cached("UPDATE work SET due = ?2, held_until = ?2 WHERE owner = ?1")?
        .execute(params![OwnerKey(&hold.owner), until.millis()])?;
    Ok(Held::Still { generation: generation(change, &hold.owner)? })
}

/// Lets go. A ring since the claim counts as well as `next`, whichever is earlier.
pub fn release(change: &Change<'_>, owner: &Owner, next: Option<Timestamp>) -> Result<(), rusqlite::Error> {
    change
        .prepare_cached(
            "UPDATE work SET due = min(coalesce(?2, rung), coalesce(rung, ?2)),
             held_until = NULL, rung = NULL WHERE owner = ?1",
        )?
        .execute(params![OwnerKey(owner), next.map(Timestamp::millis)])
        .map(drop)
}

/// The owner's generation now; the stage has only one.
pub fn generation(conn: &Connection, owner: &Owner) -> Result<u64, rusqlite::Error> {
    let Some(id) = owner.tenant() else { return Ok(0) };
    Ok(find(conn, IdKind::Tenant, id.as_str())?.map_or(0, |row| row.record.generation))
}

fn fence(hold: &Hold) -> i64 {
    // A fence that is none of ours is nobody's.
    i64::try_from(hold.fence).unwrap_or(-1)
}
