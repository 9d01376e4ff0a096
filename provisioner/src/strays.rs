//! Things that carry our tags and that no inventory names, and the twins of things that one names.
//!
//! The sweep only finds them; they are discarded by a pass that holds their owner's claim and has its inventory
//! before it. So nothing is discarded while its owner is in the middle of making it, in whatever process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_ports::runtime::Tagged;

use crate::diff::Inventory;

/// Found, and not yet seen to.
#[derive(Debug, Default)]
pub(crate) struct Strays(Mutex<HashMap<Owner, Vec<Tagged>>>);

impl Strays {
    pub fn add(&self, owner: Owner, things: Vec<Tagged>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(owner).or_default();
        for thing in things {
            if !known.contains(&thing) {
                known.push(thing);
            }
        }
    }

    pub fn take(&self, owner: &Owner) -> Vec<Tagged> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() { Vec::new() } else { all.remove(owner).unwrap_or_default() }
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

fn tells(entry: &Entry, native: &str) -> bool {
    entry.outputs().is_some_and(|outputs| outputs.values().any(|value| value == native))
}

#[cfg(test)]
mod tests;
