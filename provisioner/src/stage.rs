//! What the stage has, for the tenants that stand on it: read from the store, kept for a moment.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::WorkStore;

use crate::diff::Inventory;

#[derive(Debug, Default)]
pub(crate) struct Stage {
    inventory: Mutex<Option<(Timestamp, Arc<Inventory>)>>,
    /// What tenants were seen to stand on though the catalogue has dropped it, and since when that is known.
    needed: Mutex<Option<(Timestamp, BTreeSet<ResourceId>)>>,
    /// What the catalogue has dropped and what is kept all the same, as it was reported last.
    dropped: Mutex<BTreeSet<ResourceId>>,
}

/// How long a thing is kept by what was seen of tenants. To find out that nobody needs it any more takes a look at
/// every inventory, and nobody is in a hurry for it.
const NEEDED: Duration = Duration::from_secs(60 * 60);

impl Stage {
    /// The stage's inventory, read no longer than `fresh` ago.
    pub async fn read(
        &self,
        work: &dyn WorkStore,
        now: Timestamp,
        fresh: Duration,
    ) -> Result<Arc<Inventory>, StoreError> {
        let known = self.inventory.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, inventory)) = known.filter(|(at, _)| now.is_within(fresh, *at)) {
            return Ok(inventory);
        }
        let entries = work.inventory(&Owner::Stage).await?;
        let inventory: Arc<Inventory> = Arc::new(entries.into_iter().map(|e| (e.resource.id.clone(), e)).collect());
        *self.inventory.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, inventory.clone()));
        Ok(inventory)
    }

    /// What is known to be needed, though perhaps not any more.
    pub fn needed(&self, now: Timestamp) -> BTreeSet<ResourceId> {
        let known = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.as_ref().filter(|(since, _)| now.is_within(NEEDED, *since));
        fresh.map(|(_, needed)| needed.clone()).unwrap_or_default()
    }

    /// Does not make older what was known before.
    pub fn keep_needed(&self, needed: &BTreeSet<ResourceId>, now: Timestamp) {
        let mut known = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        let since = known.as_ref().map(|(since, _)| *since).filter(|since| now.is_within(NEEDED, *since));
        *known = Some((since.unwrap_or(now), needed.clone()));
    }

    /// Whether there is anything to report: some are kept, and they are not those of the last report.
    pub fn keep_dropped(&self, kept: &BTreeSet<ResourceId>) -> bool {
        let mut known = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let news = !kept.is_empty() && *known != *kept;
        known.clone_from(kept);
        news
    }

    /// It has changed.
    pub fn forget(&self) {
        *self.inventory.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
