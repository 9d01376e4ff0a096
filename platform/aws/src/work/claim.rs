//! Holding an owner.

use std::collections::BTreeMap;

use futures::future::join_all;
use tenantry_contract::id::WorkerId;
use tenantry_contract::lifecycle::claimed;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Held, Hold};

use super::hush::hush;
use super::row::{Row, is_of, read_owner, work_key};
use super::{inventory, ring};
use crate::table::{Database, Expression, Key, Outcome, Read};

/// So many claims are made at once.
const AT_ONCE: usize = 16;
/// An owner has more than one ring at times, and some owners are held: more rings are looked at than owners wanted.
const RINGS_FOR_EACH: usize = 4;
/// Rings of one owner that one write takes. More are taken with the next.
const MOST_RINGS: usize = 50;

/// An owner's rings that are due.
pub struct Due {
    pub owner: Owner,
    pub rings: Vec<(Timestamp, Key)>,
}

pub async fn claim(
    database: &Database,
    worker: &WorkerId,
    now: Timestamp,
    until: Timestamp,
    max: usize,
) -> Result<Vec<Claim>, StoreError> {
    let mut found: BTreeMap<Owner, Due> = BTreeMap::new();
    for item in ring::due(database, now, max.saturating_mul(RINGS_FOR_EACH)).await? {
        let (at, text) = ring::split(&item)?;
        let owner = read_owner(&item, text)?;
        let due = found.entry(owner.clone()).or_insert_with(|| Due { owner, rings: Vec::new() });
        if due.rings.len() < MOST_RINGS {
            due.rings.push((at, Key::of(item.text("pk")?, item.text("sk")?)));
        }
    }
    let mut found: Vec<Due> = found.into_values().collect();
    // Who waits longest goes first.
    found.sort_by_key(|due| due.rings.first().map(|(at, _)| *at));
    let (mut claims, mut failed, mut rest) = (Vec::new(), None, found.as_slice());
    // No more are begun than are wanted, and none is left halfway: what was claimed is held until it is let go.
    while claims.len() < max && !rest.is_empty() {
        let (some, others) = rest.split_at((max - claims.len()).min(AT_ONCE).min(rest.len()));
        rest = others;
        for claim in join_all(some.iter().map(|due| one(database, due, worker, now, until))).await {
            match claim {
                Ok(claim) => claims.extend(claim),
                Err(error) => failed = Some(error),
            }
        }
        if failed.is_some() {
            break;
        }
    }
    match failed {
        Some(error) if claims.is_empty() => Err(error),
        Some(error) => {
            tracing::warn!(%error, "an owner could not be claimed; those that were are worked on");
            Ok(claims)
        }
        None => Ok(claims),
    }
}

/// None if somebody else holds it, or was quicker.
async fn one(
    database: &Database,
    due: &Due,
    worker: &WorkerId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let owner = &due.owner;
    let row = Row::of(database, owner).await?;
    if row.is_held(now) {
        hush(database, due, &row).await?;
        return Ok(None);
    }
    let record = match owner.tenant() {
        Some(id) => database.row(id).await?,
        None => None,
    };
    let mut intent = database.intent();
    let mut new = row.clone();
    new.claimed_by(worker, until);
    new.move_ring(&mut intent, owner, Some(until));
    for (_, key) in due.rings.iter().filter(|(_, key)| key.sk != row.ring && key.sk != new.ring) {
        intent.delete(key.clone());
    }
    row.write(&mut intent, owner, &new);
    let running = match &record {
        None => None,
        Some(known) => {
            let running = claimed(known.record.clone(), now);
            if running == known.record {
                // A change since would have rung, perhaps by a ring that goes with this write.
                known.check(&mut intent);
            } else {
                known.write(&mut intent, &running)?;
            }
            Some(running)
        }
    };
    // Refused is who was overtaken: by another worker, or by a change of the tenant, which rings.
    if !matches!(intent.commit().await?, Outcome::Written) {
        return Ok(None);
    }
    // Nobody else writes to the inventory from here on.
    let inventory = inventory::of(database, owner).await?;
    let generation = running.as_ref().map_or(0, |record| record.generation);
    let attempt = running.as_ref().and_then(|record| record.operation.as_ref()).map(|op| (op.id.clone(), op.attempt));
    let hold = Hold { owner: owner.clone(), worker: worker.clone(), fence: new.fence, generation, attempt };
    Ok(Some(Claim { hold, until, record: running, inventory }))
}

/// The ring that is the claim's end stays where it is: whoever finds it moves it.
pub async fn renew(database: &Database, hold: &Hold, until: Timestamp) -> Result<Held, StoreError> {
    let longer = Expression::new("SET #held = :until, #rev = #rev + :one").moment("until", until).number("one", 1);
    match database.update_one(&work_key(&hold.owner), &longer, &is_of(hold)).await? {
        Some(_) => Ok(Held::Still { generation: generation(database, &hold.owner).await? }),
        None => Ok(Held::Lost),
    }
}

/// The owner's generation now; the stage has only one.
pub async fn generation(database: &Database, owner: &Owner) -> Result<u64, StoreError> {
    let Some(id) = owner.tenant() else { return Ok(0) };
    Ok(database.row(id).await?.map_or(0, |row| row.record.generation))
}
