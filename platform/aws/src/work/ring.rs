//! Who is due, and when.
//!
//! A wish to look at an owner is an item of its own, written blindly: ringing reads nothing and waits for nobody. A
//! claim strikes the wishes that led to it, or, while another claim lasts, moves them into the owner's slot.

use tenantry_contract::lifecycle::{Presence, presence};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;

use super::place::{self, RINGS, Ring, WATCHED, wish_key};
use super::slot::Slot;
use crate::table::{Action, Database, Intent};

/// Look at the owner now, by this write.
pub(crate) fn ring(intent: &mut Intent<'_>, owner: &Owner) {
    let at = intent.now;
    intent.put(wish_key(owner, at), []);
}

pub async fn ring_all(database: &Database, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
    database.put_keys(owners.iter().map(|owner| wish_key(owner, at)).collect()).await
}

pub async fn ring_watched(database: &Database, at: Timestamp) -> Result<(), StoreError> {
    let listed = database.merged(WATCHED, usize::MAX, |query| query).await?;
    let owners: Vec<Owner> = listed.iter().map(place::owner_listed).collect::<Result<_, _>>()?;
    ring_all(database, &owners, at).await
}

pub async fn next_due(database: &Database) -> Result<Option<Timestamp>, StoreError> {
    let first = database.merged(RINGS, 1, |query| query).await?;
    first.first().map(|item| Ring::read(item).map(|ring| ring.at)).transpose()
}

/// An operation has ended: nobody needs to look at the tenant again, unless something of its can drift or is still
/// to be removed. Who holds it says so when letting go, and a wish that came meanwhile is kept.
pub(crate) async fn settle(
    database: &Database,
    intent: &mut Intent<'_>,
    record: &TenantRecord,
) -> Result<Option<Action>, StoreError> {
    let slot = database.slot(&Owner::Tenant(record.tenant_id.clone())).await?;
    let keeping = presence(record) != Presence::Absent;
    let more_to_do = slot.is_watched() || (!keeping && !slot.lines.is_empty());
    if slot.holder.is_some() || slot.next.is_none() || more_to_do {
        return Ok(None);
    }
    let new = Slot { next: None, ..slot.clone() };
    Ok(Some(slot.write(intent, &new)))
}
