//! What the stage has, for the tenants that stand on it: read from the store, kept for a moment.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenantry_contract::resource::{Need, Owner, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::WorkStore;

use crate::diff::Inventory;

#[derive(Debug, Default)]
pub(crate) struct Stage(Mutex<Option<(Timestamp, Arc<Inventory>)>>);

const PAGE: usize = 100;

impl Stage {
    /// The stage's inventory, read no longer than `fresh` ago.
    pub async fn read(
        &self,
        work: &dyn WorkStore,
        now: Timestamp,
        fresh: Duration,
    ) -> Result<Arc<Inventory>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, inventory)) = known.filter(|(at, _)| now.since(*at) < fresh) {
            return Ok(inventory);
        }
        let entries = work.inventory(&Owner::Stage).await?;
        let inventory: Arc<Inventory> = Arc::new(entries.into_iter().map(|e| (e.resource.id.clone(), e)).collect());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, inventory.clone()));
        Ok(inventory)
    }

    /// It has changed.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Which resources of the stage any tenant stands on. It reads every inventory, and so is asked only when the
/// catalogue dropped something that the stage has.
pub(crate) async fn needed_by_tenants(work: &dyn WorkStore) -> Result<BTreeSet<ResourceId>, StoreError> {
    let mut needed = BTreeSet::new();
    let mut request = PageRequest::first(PAGE);
    loop {
        let page = work.owners(request).await?;
        for owner in page.items.iter().filter(|owner| owner.tenant().is_some()) {
            for entry in work.inventory(owner).await? {
                needed.extend(entry.resource.needs.into_iter().filter_map(|need| match need {
                    Need::Stage(id) => Some(id),
                    Need::Own(_) => None,
                }));
            }
        }
        match page.next {
            Some(next) => request = PageRequest { limit: PAGE, after: Some(next) },
            None => return Ok(needed),
        }
    }
}
