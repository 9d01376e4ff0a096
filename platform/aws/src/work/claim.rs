//! Who gets hold of whom.

use futures::{StreamExt, stream};
use tenantry_contract::id::WorkerId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Held, Hold};

use super::due::{self, Due};
use super::place::slot_key;
use super::record;
use super::slot::{Holder, Slot};
use super::take::{Tried, take};
use crate::table::{Database, Outcome};

/// How many owners one worker is after at once.
const AT_ONCE: usize = 16;
/// Rings that are read for each owner that is wanted: workers pick from them at random, so as not to race for the
/// same few.
const CHOICE: usize = 4;
const LEAST: usize = 32;

/// Who claims, and until when.
pub struct Asked<'a> {
    pub worker: &'a WorkerId,
    pub now: Timestamp,
    pub until: Timestamp,
}

pub async fn claim(database: &Database, asked: &Asked<'_>, max: usize) -> Result<Vec<Claim>, StoreError> {
    let mut claims = Vec::new();
    while claims.len() < max {
        let rings = max.saturating_mul(CHOICE).max(LEAST);
        let (mut all, more) = due::until(database, asked.now, rings).await?;
        shuffle(database, &mut all);
        let mut moved = false;
        while claims.len() < max && !all.is_empty() {
            let some = all.split_off(all.len().saturating_sub(max - claims.len()));
            let mut failed = None;
            for tried in try_each(database, asked, some).await? {
                match tried {
                    Ok(Tried::Claimed(claim)) => {
                        moved = true;
                        claims.push(*claim);
                    }
                    Ok(Tried::PutOff) => moved = true,
                    Ok(Tried::Late) => {}
                    Err(e) => failed = Some(e),
                }
            }
            if let Some(e) = failed {
                if claims.is_empty() {
                    return Err(e);
                }
                // What is held already is not given up for it.
                tracing::warn!(error = &e as &dyn std::error::Error, "an owner that is due could not be claimed");
                return Ok(claims);
            }
        }
        // The first rings may all have been of owners that are held: now they are out of the way.
        if !more || !moved {
            break;
        }
    }
    Ok(claims)
}

async fn try_each(
    database: &Database,
    asked: &Asked<'_>,
    some: Vec<Due>,
) -> Result<Vec<Result<Tried, StoreError>>, StoreError> {
    let slots = database.get_all(some.iter().map(|due| slot_key(&due.owner)).collect()).await?;
    let tries = some.into_iter().map(|due| {
        let slot = Slot::read(&due.owner, slots.get(&slot_key(&due.owner)));
        async move { take(database, asked, due, slot?).await }
    });
    Ok(stream::iter(tries).buffer_unordered(AT_ONCE).collect().await)
}

/// Holds on until then.
pub async fn renew(database: &Database, hold: &Hold, until: Timestamp) -> Result<Option<Held>, StoreError> {
    let (slot, row) = record::read(database, hold).await?;
    if !slot.is_held_by(hold) {
        return Ok(Some(Held::Lost));
    }
    let holder = Holder { worker: hold.worker.to_string(), until };
    let new = Slot { holder: Some(holder), next: Some(until), ..slot.clone() };
    let mut intent = database.intent();
    slot.write(&mut intent, &new);
    let generation = row.map_or(0, |row| row.record.generation);
    Ok(matches!(intent.commit().await?, Outcome::Written).then_some(Held::Still { generation }))
}

fn shuffle(database: &Database, due: &mut [Due]) {
    for at in (1..due.len()).rev() {
        let mut random = [0; 8];
        database.ids().fill(&mut random);
        let other = u64::from_le_bytes(random) % (at as u64 + 1);
        due.swap(at, usize::try_from(other).unwrap_or(at));
    }
}
