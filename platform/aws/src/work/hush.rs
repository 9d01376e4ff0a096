//! Rings for an owner that is held: noted down for when it is let go, so that the list has only what can be claimed.

use tenantry_ports::store::StoreError;

use super::claim::Due;
use super::row::Row;
use crate::table::Database;

/// Whoever is overtaken leaves it to the next who looks.
pub async fn hush(database: &Database, due: &Due, row: &Row) -> Result<(), StoreError> {
    let (mut new, mut intent) = (row.clone(), database.intent());
    let others = due.rings.iter().filter(|(_, key)| key.sk != row.ring);
    for (at, key) in others {
        new.rung = Some(new.rung.map_or(*at, |rung| rung.min(*at)));
        intent.delete(key.clone());
    }
    // A claim that was renewed ends later than its ring says.
    new.move_ring(&mut intent, &due.owner, row.held);
    if new != *row {
        row.write(&mut intent, &due.owner, &new);
        intent.commit().await?;
    }
    Ok(())
}
