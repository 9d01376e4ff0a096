//! What a worker did, in one write.

use tenantry_contract::event;
use tenantry_contract::lifecycle;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Done, Held, Hold};

use super::inventory;
use super::place::slot_key;
use super::slot::{Slot, check_hold};
use crate::store::Row;
use crate::table::{Database, Intent, Key, Outcome};

/// Lines of an inventory that one write takes: DynamoDB's hundred actions, less those of a record, its events and
/// the slot.
const LINES: usize = 60;
/// And as much text as that, of DynamoDB's four megabytes.
const BYTES: usize = 2_000_000;

pub async fn record(database: &Database, hold: &Hold, mut done: Done) -> Result<Held, StoreError> {
    // Facts may come before what follows from them, never after.
    while let Some(facts) = surplus(&mut done)? {
        if database.settled(|| once(database, hold, &facts)).await? == Held::Lost {
            return Ok(Held::Lost);
        }
    }
    database.settled(|| once(database, hold, &done)).await
}

/// Takes out the lines that go into a write of their own, as one has no room for all.
fn surplus(done: &mut Done) -> Result<Option<Done>, StoreError> {
    let mut bytes = 0;
    let mut fits = 0;
    for entry in done.entries.iter().take(LINES) {
        bytes += inventory::json(entry)?.len();
        if bytes > BYTES && fits > 0 {
            break;
        }
        fits += 1;
    }
    if fits == done.entries.len() && fits + done.gone.len() <= LINES {
        return Ok(None);
    }
    let entries: Vec<_> = done.entries.drain(..fits).collect();
    let struck = if entries.is_empty() { done.gone.len().min(LINES) } else { 0 };
    Ok(Some(Done { entries, gone: done.gone.drain(..struck).collect(), ..Done::default() }))
}

/// The slot and the record, at once.
pub async fn read(database: &Database, hold: &Hold) -> Result<(Slot, Option<Row>), StoreError> {
    let slot = slot_key(&hold.owner);
    let tenant = hold.owner.tenant().map(Key::tenant);
    let found = database.get_all([Some(slot.clone()), tenant.clone()].into_iter().flatten().collect()).await?;
    let row = match tenant.and_then(|key| found.get(&key)) {
        Some(item) => Row::read(item)?,
        None => None,
    };
    Ok((Slot::read(&hold.owner, found.get(&slot))?, row))
}

async fn once(database: &Database, hold: &Hold, done: &Done) -> Result<Option<Held>, StoreError> {
    let (slot, row) = read(database, hold).await?;
    if !slot.is_held_by(hold) {
        return Ok(Some(Held::Lost));
    }
    let mut intent = database.intent();
    let mut new = slot.clone();
    let inventory = inventory::write(&mut intent, &mut new, done)?;
    let generation = match &row {
        Some(row) => decide(&mut intent, hold, row, done)?,
        None => 0,
    };
    if let Some(release) = done.release {
        new.let_go(release.next);
    }
    if new != slot {
        slot.write(&mut intent, &new);
    } else if inventory {
        // Whether a line is in the slot was decided by this edition.
        slot.check(&mut intent);
    } else if !intent.is_empty() {
        check_hold(&mut intent, hold);
    }
    Ok(matches!(intent.commit().await?, Outcome::Written).then_some(Held::Still { generation }))
}

/// Steps, turn and verdict; returns the generation after them.
fn decide(intent: &mut Intent<'_>, hold: &Hold, row: &Row, done: &Done) -> Result<u64, StoreError> {
    let mut record = row.record.clone();
    let current = record.generation == hold.generation;
    note_steps(intent, hold, &mut record, done)?;
    let turn = done.turn.clone().filter(|_| current);
    let verdict = done.verdict.as_ref().filter(|_| current);
    let turned = turn.is_some();
    if let Some(failure) = turn {
        record = row.decide(intent, lifecycle::turn(record, failure, intent.now))?.0;
    } else if record != row.record {
        row.write(intent, &record)?;
    }
    if let Some((verdict, tenant_data)) = verdict
        && let Some(operation) = record.open_operation()
    {
        if !turned && record == row.record {
            row.check(intent);
        }
        let report = event::report_detail(&record, operation, verdict, tenant_data);
        intent.announce(&record.tenant_id, vec![report])?;
    }
    Ok(record.generation)
}

/// A newer attempt, or the operation that took this one's place, has steps of its own.
fn note_steps(intent: &mut Intent<'_>, hold: &Hold, record: &mut TenantRecord, done: &Done) -> Result<(), StoreError> {
    let ours = |op: &Operation| hold.attempt.as_ref().is_some_and(|(id, n)| *id == op.id && *n == op.attempt);
    let tenant = record.tenant_id.clone();
    let Some(operation) = record.operation.as_mut().filter(|op| !done.steps.is_empty() && ours(op)) else {
        return Ok(());
    };
    if done.announce {
        intent.announce(&tenant, vec![event::progress(operation, &done.steps)])?;
    }
    done.steps.iter().cloned().for_each(|step| operation.note_step(step));
    Ok(())
}
