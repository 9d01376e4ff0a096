//! What a worker did, in one write.

use std::collections::BTreeMap;

use tenantry_contract::event::{self, Draft};
use tenantry_contract::lifecycle;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Entry;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Done, Held, Hold};

use super::claim::generation;
use super::inventory;
use super::row::{self, Row, ring_key};
use crate::store;
use crate::table::{Action, Database, Intent, Outcome};

/// Lines of the inventory that go with the rest into one write; DynamoDB takes a hundred items. More are written
/// before, as nothing is decided by them.
const MOST_LINES: usize = 60;

pub async fn record(database: &Database, hold: &Hold, mut done: Done) -> Result<Held, StoreError> {
    // A write has each line once: the last word counts, and that a thing is gone is the last.
    let mut lines: BTreeMap<_, _> = done.entries.drain(..).map(|entry| (entry.resource.id.clone(), entry)).collect();
    done.gone.sort();
    done.gone.dedup();
    done.gone.iter().for_each(|gone| drop(lines.remove(gone)));
    done.entries = lines.into_values().collect();
    while done.entries.len() + done.gone.len() > MOST_LINES {
        let some = if done.entries.is_empty() {
            Done { gone: done.gone.split_off(done.gone.len() - MOST_LINES), ..Done::default() }
        } else {
            let entries = done.entries.split_off(done.entries.len().saturating_sub(MOST_LINES));
            Done { entries, ..Done::default() }
        };
        if database.settled(|| once(database, hold, &some)).await? == Held::Lost {
            return Ok(Held::Lost);
        }
    }
    database.settled(|| once(database, hold, &done)).await
}

/// None if a race was lost.
async fn once(database: &Database, hold: &Hold, done: &Done) -> Result<Option<Held>, StoreError> {
    let mut intent = database.intent();
    inventory::put(&mut intent, &hold.owner, &done.entries)?;
    inventory::strike(&mut intent, &hold.owner, &done.gone);
    if !done.gone.is_empty() && done.entries.is_empty() {
        let left = inventory::of(database, &hold.owner).await?;
        let stays = |entry: &Entry| !done.gone.contains(&entry.resource.id);
        if !left.iter().any(stays) {
            inventory::unlist(&mut intent, &hold.owner);
        }
    }
    let of_the_record = !done.steps.is_empty() || done.turn.is_some() || done.verdict.is_some();
    let known = match hold.owner.tenant().filter(|_| of_the_record) {
        Some(id) => database.row(id).await?,
        None => None,
    };
    let (generation, look) = match &known {
        Some(known) => decide(&mut intent, hold, known, done)?,
        None => (generation(database, &hold.owner).await?, false),
    };
    let (now, look) = (intent.now, look.then_some(intent.now));
    let mine = match done.release {
        None => {
            if look.is_some() {
                intent.put(ring_key(&hold.owner, now), []);
            }
            row::check(&mut intent, hold)
        }
        Some(release) => {
            let row = Row::of(database, &hold.owner).await?;
            if !row.is_of(hold) {
                return Ok(Some(Held::Lost));
            }
            let_go(&mut intent, hold, &row, [release.next, look].into_iter().flatten().min())
        }
    };
    match intent.commit().await? {
        Outcome::Written => Ok(Some(Held::Still { generation })),
        // Whoever lets go has read the row, and reads it again.
        Outcome::Refused(refused) if refused.is(mine) && done.release.is_none() => Ok(Some(Held::Lost)),
        Outcome::Refused(_) => Ok(None),
    }
}

/// Lets go. A ring since the claim counts as well as `next`, whichever is earlier.
fn let_go(intent: &mut Intent<'_>, hold: &Hold, row: &Row, next: Option<Timestamp>) -> Action {
    let next = [next, row.rung].into_iter().flatten().min();
    let mut new = row.clone();
    new.let_go();
    new.move_ring(intent, &hold.owner, next);
    row.write(intent, &hold.owner, &new)
}

/// Steps, turn and verdict; returns the generation after them, and whether the tenant is to be looked at now.
fn decide(intent: &mut Intent<'_>, hold: &Hold, known: &store::Row, done: &Done) -> Result<(u64, bool), StoreError> {
    let (mut record, mut look, mut said) = (known.record.clone(), false, Vec::new());
    let current = record.generation == hold.generation;
    said.extend(note_steps(hold, &mut record, done));
    if let Some(failure) = done.turn.clone().filter(|_| current) {
        let turned = lifecycle::turn(record, failure, intent.now);
        (record, look) = (turned.record, turned.look);
    }
    if record == known.record {
        // What is said is said of this generation.
        known.check(intent);
    } else {
        known.write(intent, &record)?;
    }
    if let Some((verdict, tenant_data)) = done.verdict.as_ref().filter(|_| current)
        && let Some(operation) = record.open_operation()
    {
        said.push(event::report_detail(&record, operation, verdict, tenant_data));
    }
    intent.announce(&record.tenant_id, said)?;
    Ok((record.generation, look))
}

/// A newer attempt, or the operation that took this one's place, has steps of its own.
fn note_steps(hold: &Hold, record: &mut TenantRecord, done: &Done) -> Option<Draft> {
    let ours = |op: &Operation| hold.attempt.as_ref().is_some_and(|(id, n)| *id == op.id && *n == op.attempt);
    let operation = record.operation.as_mut().filter(|op| !done.steps.is_empty() && ours(op))?;
    let said = done.announce.then(|| event::progress(operation, &done.steps));
    done.steps.iter().cloned().for_each(|step| operation.note_step(step));
    said
}
