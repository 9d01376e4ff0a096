//! Rings, and who is due next.

use futures::future::try_join_all;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::StoreError;

use super::inventory;
use super::row::{Row, ring_key};
use crate::table::{Database, Item, Outcome, Query, Read, moment};

/// How many owners are rung for at once.
const AT_ONCE: usize = 16;

pub async fn all(database: &Database, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
    let now = database.now();
    for some in owners.chunks(AT_ONCE) {
        try_join_all(some.iter().map(|owner| async move {
            if at <= now { at_once(database, owner, at).await } else { later(database, owner, at).await }
        }))
        .await?;
    }
    Ok(())
}

/// One write, whoever holds the owner: the next claim takes it, or notes it down.
async fn at_once(database: &Database, owner: &Owner, at: Timestamp) -> Result<(), StoreError> {
    let mut intent = database.intent();
    intent.put(ring_key(owner, at), []);
    intent.commit().await.map(drop)
}

/// Brings the owner's next look forward.
async fn later(database: &Database, owner: &Owner, at: Timestamp) -> Result<(), StoreError> {
    let once = || async {
        let row = Row::of(database, owner).await?;
        let (mut new, mut intent) = (row.clone(), database.intent());
        if row.held.is_some() {
            new.rung = Some(new.rung.map_or(at, |rung| rung.min(at)));
        } else if row.ring.as_ref().is_none_or(|ring| ring_key(owner, at).sk.as_ref().is_some_and(|sk| sk < ring)) {
            new.move_ring(&mut intent, owner, Some(at));
        }
        if new == row {
            return Ok(Some(()));
        }
        row.write(&mut intent, owner, &new);
        Ok(matches!(intent.commit().await?, Outcome::Written).then_some(()))
    };
    database.settled(once).await
}

/// Owners are many, and this is for runtimes that forget, which AWS is not: it walks.
pub async fn watched(database: &Database, at: Timestamp) -> Result<(), StoreError> {
    const PAGE: usize = 100;
    let mut page = PageRequest::first(PAGE);
    loop {
        let some = inventory::owners(database, &page).await?;
        let looked = try_join_all(some.items.iter().map(|owner| inventory::of(database, owner))).await?;
        let watched = some.items.into_iter().zip(looked);
        let watched = watched.filter(|(_, entries)| entries.iter().any(|entry| entry.resource.watched));
        let owners: Vec<Owner> = watched.map(|(owner, _)| owner).collect();
        all(database, &owners, at).await?;
        let Some(next) = some.next else { return Ok(()) };
        page.after = Some(next);
    }
}

pub async fn next_due(database: &Database) -> Result<Option<Timestamp>, StoreError> {
    let first = database.merged("rings", 1, |query| query).await?;
    first.first().map(|item| Ok(split(item)?.0)).transpose()
}

/// Rings that are due, the earliest first.
pub async fn due(database: &Database, now: Timestamp, most: usize) -> Result<Vec<Item>, StoreError> {
    database.merged("rings", most, |query: Query| query.to(&moment(now))).await
}

/// When a ring is due, and the text of whose it is.
pub fn split(item: &Item) -> Result<(Timestamp, &str), StoreError> {
    let parts = item.text("sk")?.split_once('#').and_then(|(at, owner)| Some((at.parse().ok()?, owner)));
    let (millis, owner) = parts.ok_or_else(|| item.broken("sk", "a time and an owner"))?;
    Ok((Timestamp::from_millis(millis), owner))
}
