//! Taking hold of one owner that is due.

use std::time::Duration;

use tenantry_contract::lifecycle::claimed;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Hold};

use super::claim::Asked;
use super::due::Due;
use super::inventory;
use super::slot::{Holder, Slot, check_hold};
use crate::table::{Database, Expression, Key, Outcome};

/// Wishes for one owner that one write strikes; the others are struck later.
const WISHES: usize = 90;

/// Longer than anybody takes between reading the list and the slot.
const STRAY: Duration = Duration::from_secs(60);

/// How long an owner of whom something cannot be read is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(10 * 60);

pub enum Tried {
    Claimed(Box<Claim>),
    /// Somebody holds it and the wish waits in its slot, or nobody can.
    PutOff,
    /// Somebody else was faster.
    Late,
}

/// The list and the slot were read one after the other: whatever of the two does not fit any more is somebody else's
/// doing.
pub async fn take(database: &Database, asked: &Asked<'_>, due: Due, slot: Slot) -> Result<Tried, StoreError> {
    let own = slot.next_key();
    let expected = own.as_ref().is_some_and(|own| due.looks.contains(own));
    let wished = due.wishes.iter().map(|(at, _)| *at).min();
    let put_off = slot.is_held_at(asked.now);
    let mut new = slot.clone();
    match wished {
        Some(at) if put_off => new.rung = Some(slot.rung.map_or(at, |rung| rung.min(at))),
        None if put_off || !expected => return stray(database, asked, &due, &slot).await,
        _ => {
            new.fence += 1;
            new.holder = Some(Holder { worker: asked.worker.to_string(), until: asked.until });
            // Should the worker die, this is what brings the owner up again.
            new.next = Some(asked.until);
            new.rung = None;
        }
    }
    let mut intent = database.intent();
    slot.write(&mut intent, &new);
    // Each wish is heard once, by who strikes it.
    for (_, wish) in due.wishes.into_iter().take(WISHES) {
        intent.delete_if(wish, Expression::new("attribute_exists(#pk)"));
    }
    match intent.commit().await? {
        Outcome::Refused(_) => Ok(Tried::Late),
        Outcome::Written if put_off => Ok(Tried::PutOff),
        Outcome::Written => match Box::pin(look(database, asked, due.owner, new.fence)).await {
            Err(e @ StoreError::Broken { .. }) => {
                leave_alone(database, asked, Slot { edition: slot.edition + 1, ..new }, e).await
            }
            looked => looked,
        },
    }
}

/// What is kept of the owner makes no sense, to this program at least: nobody can work on it, and nobody else waits.
async fn leave_alone(database: &Database, asked: &Asked<'_>, held: Slot, e: StoreError) -> Result<Tried, StoreError> {
    tracing::error!(
        owner = %held.owner,
        error = &e as &dyn std::error::Error,
        "a record or an inventory cannot be read and is left alone for a while: run the version of this program that \
         wrote it, or restore the table"
    );
    let next = Some(asked.now.plus(LEFT_ALONE));
    let mut intent = database.intent();
    held.write(&mut intent, &Slot { holder: None, next, ..held.clone() });
    intent.commit().await?;
    Ok(Tried::PutOff)
}

/// Mostly somebody else was faster. A look that no slot names stays in the list, as it may after the table was
/// restored from a backup, until it is struck here.
async fn stray(database: &Database, asked: &Asked<'_>, due: &Due, slot: &Slot) -> Result<Tried, StoreError> {
    let own = slot.next_key();
    let strays: Vec<Key> = due.looks.iter().filter(|key| own.as_ref() != Some(*key)).take(WISHES).cloned().collect();
    if due.at.plus(STRAY) < asked.now && !strays.is_empty() {
        let mut intent = database.intent();
        slot.check(&mut intent);
        for key in strays {
            intent.delete(key);
        }
        intent.commit().await?;
    }
    Ok(Tried::Late)
}

/// What is known of an owner that was just claimed. All of it is read after that write, so that whatever was wished
/// until then is seen.
async fn look(database: &Database, asked: &Asked<'_>, owner: Owner, fence: u64) -> Result<Tried, StoreError> {
    let hold = Hold { owner, worker: asked.worker.clone(), fence, generation: 0, attempt: None };
    let (inventory, running) = futures::try_join!(
        inventory::of(database, &hold.owner),
        database.settled(|| start(database, &hold, asked.now))
    )?;
    let Running::Still(record) = running else { return Ok(Tried::Late) };
    let generation = record.as_ref().map_or(0, |r| r.generation);
    let attempt = record.as_ref().and_then(|r| r.operation.as_ref()).map(|op| (op.id.clone(), op.attempt));
    let hold = Hold { generation, attempt, ..hold };
    Ok(Tried::Claimed(Box::new(Claim { hold, until: asked.until, record: record.map(|r| *r), inventory })))
}

enum Running {
    Still(Option<Box<TenantRecord>>),
    Lost,
}

/// The owner's record, whose clock runs from now on.
async fn start(database: &Database, hold: &Hold, now: Timestamp) -> Result<Option<Running>, StoreError> {
    let row = match hold.owner.tenant() {
        Some(id) => database.row(id).await?,
        None => None,
    };
    let Some(row) = row else { return Ok(Some(Running::Still(None))) };
    let running = claimed(row.record.clone(), now);
    if running != row.record {
        let mut intent = database.intent();
        let still = check_hold(&mut intent, hold);
        row.write(&mut intent, &running)?;
        match intent.commit().await? {
            Outcome::Written => {}
            Outcome::Refused(refused) if refused.is(still) => return Ok(Some(Running::Lost)),
            Outcome::Refused(_) => return Ok(None),
        }
    }
    Ok(Some(Running::Still(Some(Box::new(running)))))
}
