//! Who is due, by the lists' beginnings.

use std::collections::BTreeMap;

use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;

use super::place::{RINGS, Ring, RingKind};
use crate::table::{Database, Key, moment};

/// An owner that is due, and the items that say so.
#[derive(Debug)]
pub struct Due {
    pub owner: Owner,
    /// The earliest of them.
    pub at: Timestamp,
    pub wishes: Vec<(Timestamp, Key)>,
    /// Looks of its slot: one, unless it was moved in the middle of reading.
    pub looks: Vec<Key>,
}

/// Who is due, out of as many rings as that; and whether there may be more.
pub async fn until(database: &Database, now: Timestamp, rings: usize) -> Result<(Vec<Due>, bool), StoreError> {
    let found = database.merged(RINGS, rings, |query| query.to(&moment(now))).await?;
    let mut all: BTreeMap<Owner, Due> = BTreeMap::new();
    for item in &found {
        let Ring { at, owner, kind } = Ring::read(item)?;
        let key = Key::control_plane(item)?;
        let new = || Due { owner: owner.clone(), at, wishes: Vec::new(), looks: Vec::new() };
        let due = all.entry(owner.clone()).or_insert_with(new);
        match kind {
            RingKind::Wish => due.wishes.push((at, key)),
            RingKind::Look => due.looks.push(key),
        }
    }
    Ok((all.into_values().collect(), found.len() == rings))
}
