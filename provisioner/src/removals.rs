//! What this process is to remove beside the inventories: orphans that may go, and what a pass began to make and could
//! not record, as its claim had passed on.
//!
//! It is only noted here. The next pass that holds the owner's claim and has its inventory removes it, so nothing is
//! removed while another process makes it. Only this process knows of it: it rings for the owners until their pass.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_contract::resource::{Entry, Owner, ResourceId};

#[derive(Debug, Default)]
pub(crate) struct PendingRemovals(Mutex<HashMap<Owner, OwnerRemovals>>);

#[derive(Debug, Default)]
pub(crate) struct OwnerRemovals {
    pub orphans: BTreeMap<OrphanId, Orphan>,
    /// By name: pooled tenants' users and empty rows carry no tag that a sweep could find.
    pub unrecorded: BTreeMap<ResourceId, Entry>,
}

impl OwnerRemovals {
    pub fn is_empty(&self) -> bool {
        self.orphans.is_empty() && self.unrecorded.is_empty()
    }
}

impl PendingRemovals {
    pub fn add(&self, orphan: Orphan) {
        let mut all = self.lock();
        all.entry(orphan.owner.clone()).or_default().orphans.insert(orphan.id.clone(), orphan);
    }

    /// Things that may have been made, with what was known of them.
    pub fn add_unrecorded(&self, owner: Owner, entries: impl IntoIterator<Item = Entry>) {
        let mut all = self.lock();
        let known = &mut all.entry(owner).or_default().unrecorded;
        known.extend(entries.into_iter().map(|entry| (entry.resource.id.clone(), entry)));
    }

    /// What is to be removed of an owner; it is not noted any more.
    pub fn take(&self, owner: &Owner) -> OwnerRemovals {
        let mut all = self.lock();
        if all.is_empty() { OwnerRemovals::default() } else { all.remove(owner).unwrap_or_default() }
    }

    pub fn owners(&self) -> Vec<Owner> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, OwnerRemovals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
