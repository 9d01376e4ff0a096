//! Who wants looking at, who holds whom, and the inventory.
//!
//! Each owner has one item, its slot, whose fence rises with every claim and which is a condition of every write that
//! a worker makes. When an owner is looked at next is an item of a list that is cut into shards and sorted by time,
//! as are the wishes of others: a claim reads the lists' beginnings.

mod claim;
mod due;
mod inventory;
mod place;
mod record;
mod ring;
mod slot;
mod take;

use std::collections::BTreeMap;

use async_trait::async_trait;
use tenantry_contract::id::WorkerId;
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Done, Held, Hold, Release, WorkStore};

pub(crate) use self::inventory::resource_names;
pub(crate) use self::ring::{ring, settle};
use crate::table::Database;

#[async_trait]
impl WorkStore for Database {
    async fn ring(&self, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
        ring::ring_all(self, owners, at).await
    }

    async fn ring_watched(&self, at: Timestamp) -> Result<(), StoreError> {
        ring::ring_watched(self, at).await
    }

    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        claim::claim(self, &claim::Asked { worker, now, until }, max).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        ring::next_due(self).await
    }

    async fn renew(&self, hold: &Hold, until: Timestamp) -> Result<Held, StoreError> {
        self.settled(|| claim::renew(self, hold, until)).await
    }

    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError> {
        record::record(self, hold, done).await
    }

    async fn release(&self, hold: &Hold, next: Option<Timestamp>) -> Result<Held, StoreError> {
        let done = Done { release: Some(Release { next }), ..Done::default() };
        record::record(self, hold, done).await
    }

    async fn inventory(&self, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
        inventory::of(self, owner).await
    }

    async fn inventories(&self, owners: &[Owner]) -> Result<BTreeMap<Owner, Vec<Entry>>, StoreError> {
        inventory::of_all(self, owners).await
    }

    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError> {
        inventory::owners(self, &page).await
    }
}
