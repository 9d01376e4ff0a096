//! The goal against the inventory: what can be done next. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_contract::resource::{Entry, EntryState, Need, Resource, ResourceId};

pub(crate) type Inventory = BTreeMap<ResourceId, Entry>;

/// What an owner is to have.
#[derive(Debug, Default)]
pub(crate) struct Goal {
    pub wanted: BTreeMap<ResourceId, Resource>,
    /// Everything goes, data too. Otherwise an entry that holds data stays, wanted or not: a plan that changed is
    /// no reason to lose what a tenant put there.
    pub absent: bool,
    /// Not wanted, and yet to be kept: tenants stand on these.
    pub needed: BTreeSet<ResourceId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Ensure(ResourceId),
    Remove(ResourceId),
}

impl Act {
    pub fn id(&self) -> &ResourceId {
        match self {
            Self::Ensure(id) | Self::Remove(id) => id,
        }
    }
}

/// Why something cannot be done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// By a thing of the same owner that is on its way.
    Own,
    /// By a thing of the stage.
    Stage(ResourceId),
    /// By a thing that nobody makes.
    Nobody(ResourceId),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    /// Wanted and not in the inventory: to be written as intended before anything is made.
    pub intend: Vec<ResourceId>,
    /// Not wanted: to be marked before anything is removed.
    pub strike: Vec<ResourceId>,
    pub ready: Vec<Act>,
    pub waits: Vec<(ResourceId, Blocked)>,
}

impl Diff {
    pub fn settled(&self) -> bool {
        self.intend.is_empty() && self.strike.is_empty() && self.ready.is_empty() && self.waits.is_empty()
    }
}

/// `stage` says whether a resource of the stage is present; `unsound` are entries found drifted.
pub(crate) fn diff(
    goal: &Goal,
    inventory: &Inventory,
    stage: impl Fn(&ResourceId) -> bool,
    unsound: &BTreeSet<ResourceId>,
) -> Diff {
    let mut diff = Diff::default();
    let view = View { goal, inventory, unsound };
    for (id, resource) in &goal.wanted {
        match inventory.get(id).map(|entry| &entry.state) {
            // A line that stands on what is going would keep it from going.
            None if view.needs_what_goes(resource) => diff.waits.push((id.clone(), Blocked::Own)),
            None => diff.intend.push(id.clone()),
            // Half gone is no base to build on: it goes first, and is then made anew. What others stand on was not
            // begun to be removed, and stays.
            Some(EntryState::Removing { .. }) if !view.stood_on(id) => view.remove(id, &mut diff),
            Some(_) if view.sound(id) => {}
            Some(_) => match view.blocked(resource, &stage) {
                None => diff.ready.push(Act::Ensure(id.clone())),
                Some(why) => diff.waits.push((id.clone(), why)),
            },
        }
    }
    let kept = view.kept();
    for (id, entry) in inventory {
        if goal.wanted.contains_key(id) || kept.contains(id) {
            continue;
        }
        if let EntryState::Removing { .. } = entry.state {
            view.remove(id, &mut diff);
        } else {
            diff.strike.push(id.clone());
        }
    }
    diff
}

struct View<'a> {
    goal: &'a Goal,
    inventory: &'a Inventory,
    unsound: &'a BTreeSet<ResourceId>,
}

impl View<'_> {
    /// Present, and as it is wanted.
    fn sound(&self, id: &ResourceId) -> bool {
        self.inventory.get(id).is_some_and(|entry| {
            let wanted = self.goal.wanted.get(id);
            entry.is_present()
                && !self.unsound.contains(id)
                && wanted.is_none_or(|w| w.spec_hash == entry.resource.spec_hash)
        })
    }

    fn blocked(&self, resource: &Resource, stage: impl Fn(&ResourceId) -> bool) -> Option<Blocked> {
        resource.needs.iter().find_map(|need| match need {
            Need::Own(id) if self.sound(id) => None,
            Need::Own(id) if self.inventory.contains_key(id) || self.goal.wanted.contains_key(id) => Some(Blocked::Own),
            Need::Own(id) => Some(Blocked::Nobody(id.clone())),
            Need::Stage(id) if stage(id) => None,
            Need::Stage(id) => Some(Blocked::Stage(id.clone())),
        })
    }

    fn needs_what_goes(&self, resource: &Resource) -> bool {
        let goes =
            |id: &ResourceId| self.inventory.get(id).is_some_and(|e| matches!(e.state, EntryState::Removing { .. }));
        resource.needs.iter().filter_map(own).any(goes)
    }

    fn stood_on(&self, id: &ResourceId) -> bool {
        self.inventory
            .values()
            .any(|other| &other.resource.id != id && other.resource.needs.iter().any(|n| is_own(n, id)))
    }

    /// Backwards along the recorded needs: what others stand on goes after them.
    fn remove(&self, id: &ResourceId, diff: &mut Diff) {
        if self.stood_on(id) {
            diff.waits.push((id.clone(), Blocked::Own));
        } else {
            diff.ready.push(Act::Remove(id.clone()));
        }
    }

    /// Entries that are not wanted and stay all the same, and what these need.
    fn kept(&self) -> BTreeSet<ResourceId> {
        let mut kept = BTreeSet::new();
        if self.goal.absent {
            return kept;
        }
        let going = |entry: &Entry| matches!(entry.state, EntryState::Removing { .. });
        let mut next: Vec<&ResourceId> = self
            .inventory
            .values()
            .filter(|e| !going(e) && (e.resource.holds_data || self.goal.needed.contains(&e.resource.id)))
            .map(|e| &e.resource.id)
            .collect();
        while let Some(id) = next.pop() {
            let Some(entry) = self.inventory.get(id).filter(|e| !going(e)) else { continue };
            if kept.insert(id.clone()) {
                next.extend(entry.resource.needs.iter().filter_map(own));
            }
        }
        kept
    }
}

fn own(need: &Need) -> Option<&ResourceId> {
    match need {
        Need::Own(id) => Some(id),
        Need::Stage(_) => None,
    }
}

fn is_own(need: &Need, id: &ResourceId) -> bool {
    own(need) == Some(id)
}

#[cfg(test)]
mod tests;
