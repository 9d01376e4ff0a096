//! What a worker did, in one write.

use tenantry_contract::event;
use tenantry_contract::lifecycle;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_ports::work::{Done, Held, Hold};

use super::claim::{generation, holds, release};
use super::inventory;
use super::ring::ring;
use crate::database::Change;
use crate::store::{IdKind, Row, find, write_record};

pub fn record(change: &Change<'_>, hold: &Hold, mut done: Done) -> Result<Held, rusqlite::Error> {
    if !holds(change, hold)? {
        return Ok(Held::Lost);
    }
    for entry in &done.entries {
        inventory::put(change, &hold.owner, entry)?;
    }
    for resource in &done.gone {
        inventory::strike(change, &hold.owner, resource)?;
    }
    let of_the_record = !done.steps.is_empty() || done.turn.is_some() || done.verdict.is_some();
    let row = match hold.owner.tenant().filter(|_| of_the_record) {
        Some(id) => find(change, IdKind::Tenant, id.as_str())?,
        None => None,
    };
    let generation = match row {
        Some(row) => decide(change, hold, &row, &mut done)?,
        None => generation(change, &hold.owner)?,
    };
    if let Some(letting_go) = done.release {
        release(change, &hold.owner, letting_go.next)?;
    }
    Ok(Held::Still { generation })
}

/// Steps, turn and verdict; returns the generation after them.
fn decide(change: &Change<'_>, hold: &Hold, row: &Row, done: &mut Done) -> Result<u64, rusqlite::Error> {
    let mut record = row.record.clone();
    let current = record.generation == hold.generation;
    note_steps(change, hold, &mut record, done)?;
    let mut look = false;
    if let Some(failure) = done.turn.take().filter(|_| current) {
        let turned = lifecycle::turn(record, failure, change.now);
        (record, look) = (turned.record, turned.look);
    }
    if record != row.record {
        write_record(change, row, &record)?;
    }
    if look {
        ring(change, &Owner::Tenant(record.tenant_id.clone()), change.now)?;
    }
    if let Some((verdict, tenant_data)) = done.verdict.take().filter(|_| current)
        && let Some(operation) = record.open_operation()
    {
        change.announce(vec![event::report_detail(&record, operation, &verdict, &tenant_data)])?;
    }
    Ok(record.generation)
}

/// A newer attempt, or the operation that took this one's place, has steps of its own.
fn note_steps(
    change: &Change<'_>,
    hold: &Hold,
    record: &mut TenantRecord,
    done: &mut Done,
) -> Result<(), rusqlite::Error> {
    let ours = |op: &Operation| hold.attempt.as_ref().is_some_and(|(id, n)| *id == op.id && *n == op.attempt);
    let Some(operation) = record.operation.as_mut().filter(|op| !done.steps.is_empty() && ours(op)) else {
        return Ok(());
    };
    if done.announce {
        change.announce(vec![event::progress(operation, &done.steps)])?;
    }
    done.steps.drain(..).for_each(|step| operation.note_step(step));
    Ok(())
}
