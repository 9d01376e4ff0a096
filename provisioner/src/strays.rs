//! Things that carry our tags and that no inventory names, the twins of things that one names, and what a pass began
//! to make and could not record, as its claim had passed on.
//!
//! They are only noted here; they are seen to by a pass that holds their owner's claim and has its inventory before
//! it. So nothing is removed while its owner is in the middle of making it, in whatever process. Only this process
//! knows of them: their owners are rung for until it has had its turn.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_ports::runtime::Tagged;

use crate::diff::Inventory;

/// Not yet seen to.
#[derive(Debug, Default)]
pub(crate) struct Strays(Mutex<HashMap<Owner, Noted>>);

#[derive(Debug, Default)]
struct Noted {
    found: Vec<Tagged>,
    /// By name: pooled tenants' users and empty rows carry no tag that a sweep could find.
    unrecorded: BTreeMap<ResourceId, Entry>,
}

impl Strays {
    pub fn add(&self, owner: Owner, things: Vec<Tagged>) {
        let mut all = self.lock();
        let known = &mut all.entry(owner).or_default().found;
        for thing in things {
            if !known.contains(&thing) {
                known.push(thing);
            }
        }
    }

    /// Things that may have been made, with what was known of them.
    pub fn add_unrecorded(&self, owner: Owner, entries: Vec<Entry>) {
        let mut all = self.lock();
        let known = &mut all.entry(owner).or_default().unrecorded;
        known.extend(entries.into_iter().map(|entry| (entry.resource.id.clone(), entry)));
    }

    /// What was found and what was not recorded.
    pub fn take(&self, owner: &Owner) -> (Vec<Tagged>, Vec<Entry>) {
        let mut all = self.lock();
        let noted = if all.is_empty() { Noted::default() } else { all.remove(owner).unwrap_or_default() };
        (noted.found, noted.unrecorded.into_values().collect())
    }

    pub fn owners(&self) -> Vec<Owner> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of an owner's things, those its inventory does not name. Where several carry one resource's tag, the line's
/// outputs tell which of them it means; a line that does not tell names them all.
pub(crate) fn unlisted<'a>(things: &'a [Tagged], inventory: &Inventory) -> Vec<&'a Tagged> {
    let mut by_resource: BTreeMap<&ResourceId, BTreeSet<&str>> = BTreeMap::new();
    for thing in things {
        by_resource.entry(&thing.resource).or_default().insert(&thing.native);
    }
    let strays = |thing: &&Tagged| match inventory.get(&thing.resource) {
        None => true,
        Some(entry) => {
            let twins = by_resource.get(&thing.resource);
            twins.is_some_and(|all| all.iter().any(|native| tells(entry, native))) && !tells(entry, &thing.native)
        }
    };
    things.iter().filter(strays).collect()
}

pub(crate) fn tells(entry: &Entry, native: &str) -> bool {
    entry.outputs().is_some_and(|outputs| outputs.values().any(|value| value == native))
}

#[cfg(test)]
mod tests;
