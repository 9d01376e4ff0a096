//! An owner's slot: the one item that says who holds it, when it is looked at next, and what it has. Every change of
//! it is made on the edition that it was decided by, and takes along the items that are found by it.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::Hold;

use super::place::{OWNERS, WATCHED, listed, next_key, slot_key};
use crate::table::{Action, Database, Expression, Intent, Item, Key, Read};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub owner: Owner,
    /// Raised by every change; none yet at zero.
    pub(super) edition: u64,
    pub fence: u64,
    pub holder: Option<Holder>,
    /// When to look next, besides what others wish: while it is held, when the claim runs out.
    pub next: Option<Timestamp>,
    /// The earliest wish that came while it was held.
    pub rung: Option<Timestamp>,
    /// The resources of its inventory, and whether each is watched.
    pub lines: BTreeMap<String, bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub worker: String,
    pub until: Timestamp,
}

impl Slot {
    pub fn empty(owner: &Owner) -> Self {
        let owner = owner.clone();
        Self { owner, edition: 0, fence: 0, holder: None, next: None, rung: None, lines: BTreeMap::new() }
    }

    pub fn read(owner: &Owner, item: Option<&Item>) -> Result<Self, StoreError> {
        let Some(item) = item else { return Ok(Self::empty(owner)) };
        let moment = |name: &str| item.maybe_number(name).map(Timestamp::from_millis);
        let holder = match item.maybe_text("holder") {
            Some(worker) => Some(Holder { worker: worker.to_owned(), until: item.moment("until")? }),
            None => None,
        };
        let lines = match item.attribute("lines") {
            Some(lines) => read_lines(lines).ok_or_else(|| item.broken("lines", "resources"))?,
            None => BTreeMap::new(),
        };
        Ok(Self {
            owner: owner.clone(),
            edition: item.number("edition")?,
            fence: item.number("fence")?,
            holder,
            next: moment("next"),
            rung: moment("rung"),
            lines,
        })
    }

    /// Whether it is held by a claim that has not run out.
    pub fn is_held_at(&self, now: Timestamp) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.until > now)
    }

    /// Whether the hold is the newest and was not let go.
    pub fn is_held_by(&self, hold: &Hold) -> bool {
        self.fence == hold.fence && self.holder.as_ref().is_some_and(|holder| holder.worker == hold.worker.as_str())
    }

    /// Lets go. A ring since the claim counts as well as `next`, whichever is earlier.
    pub fn let_go(&mut self, next: Option<Timestamp>) {
        self.holder = None;
        self.next = [next, self.rung.take()].into_iter().flatten().min();
    }

    pub fn is_watched(&self) -> bool {
        self.lines.values().any(|watched| *watched)
    }

    /// The items by which this edition is found among the rings.
    pub fn next_key(&self) -> Option<Key> {
        self.next.map(|at| next_key(&self.owner, at))
    }

    /// Writes what was decided from this edition, if it is still the newest, with all that is found by it.
    pub fn write(&self, intent: &mut Intent<'_>, new: &Self) -> Action {
        let (old_key, new_key) = (self.next_key(), new.next_key());
        if old_key != new_key {
            if let Some(key) = old_key {
                intent.delete(key);
            }
            if let Some(key) = new_key {
                intent.put(key, []);
            }
        }
        let lists =
            [(OWNERS, !self.lines.is_empty(), !new.lines.is_empty()), (WATCHED, self.is_watched(), new.is_watched())];
        for (list, before, after) in lists {
            match (before, after) {
                (false, true) => drop(intent.put(listed(list, &self.owner), [])),
                (true, false) => drop(intent.delete(listed(list, &self.owner))),
                _ => {}
            }
        }
        intent.put_if(slot_key(&self.owner), new.attributes(self.edition + 1), self.unchanged())
    }

    /// The edition is still the newest.
    pub fn check(&self, intent: &mut Intent<'_>) -> Action {
        intent.check(slot_key(&self.owner), self.unchanged())
    }

    fn unchanged(&self) -> Expression {
        if self.edition == 0 {
            return Expression::absent("pk");
        }
        Expression::new("#edition = :edition").number("edition", self.edition)
    }

    fn attributes(&self, edition: u64) -> HashMap<String, AttributeValue> {
        let number = |n: i128| AttributeValue::N(n.to_string());
        let mut item = Item::from([
            ("edition".to_owned(), number(edition.into())),
            ("fence".to_owned(), number(self.fence.into())),
        ]);
        if let Some(holder) = &self.holder {
            item.insert("holder".into(), AttributeValue::S(holder.worker.clone()));
            item.insert("until".into(), number(holder.until.millis().into()));
        }
        for (name, at) in [("next", self.next), ("rung", self.rung)] {
            if let Some(at) = at {
                item.insert(name.into(), number(at.millis().into()));
            }
        }
        if !self.lines.is_empty() {
            let lines = self.lines.iter().map(|(id, watched)| (id.clone(), AttributeValue::Bool(*watched)));
            item.insert("lines".into(), AttributeValue::M(lines.collect()));
        }
        item
    }
}

/// The hold is still the newest, whatever else became of the slot.
pub fn check_hold(intent: &mut Intent<'_>, hold: &Hold) -> Action {
    let newest = Expression::new("#fence = :fence AND #holder = :worker")
        .number("fence", hold.fence)
        .text("worker", hold.worker.as_str());
    intent.check(slot_key(&hold.owner), newest)
}

impl Database {
    pub(super) async fn slot(&self, owner: &Owner) -> Result<Slot, StoreError> {
        Slot::read(owner, self.get(&slot_key(owner)).await?.as_ref())
    }
}

fn read_lines(lines: &AttributeValue) -> Option<BTreeMap<String, bool>> {
    let lines = lines.as_m().ok()?;
    lines.iter().map(|(id, watched)| Some((id.clone(), *watched.as_bool().ok()?))).collect()
}
