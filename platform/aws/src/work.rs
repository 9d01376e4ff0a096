//! Who wants looking at, who holds whom, and the inventory.
//!
//! | what | `pk` | `sk` |
//! |---|---|---|
//! | who holds an owner, and until when | `tenant#<id>` or `stage` | `work` |
//! | a line of an owner's inventory | `tenant#<id>` or `stage` | `inventory#<resource>` |
//! | when an owner is due | `rings#NN` | `<millis>#<owner>` |
//! | an owner with an inventory | `owners#NN` | `<owner>` |
//!
//! A ring is an item in a list by time, so that a write of the store can ring for a tenant without knowing who holds
//! it. An owner's row names one ring that is its own: the end of its claim while it is held, the next look while it
//! is not. A claim takes all rings that are due with it; those that come while it lasts are noted in the row.

mod claim;
mod hush;
mod inventory;
mod record;
mod ring;
mod row;

use async_trait::async_trait;
use tenantry_contract::id::WorkerId;
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Done, Held, Hold, Release, WorkStore};

use crate::table::Database;

#[async_trait]
impl WorkStore for Database {
    async fn ring(&self, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
        ring::all(self, owners, at).await
    }

    async fn ring_watched(&self, at: Timestamp) -> Result<(), StoreError> {
        ring::watched(self, at).await
    }

    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        claim::claim(self, worker, now, until, max).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        ring::next_due(self).await
    }

    async fn renew(&self, hold: &Hold, until: Timestamp) -> Result<Held, StoreError> {
        claim::renew(self, hold, until).await
    }

    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError> {
        record::record(self, hold, done).await
    }

    async fn release(&self, hold: &Hold, next: Option<Timestamp>) -> Result<Held, StoreError> {
        let done = Done { release: Some(Release { next }), ..Done::default() };
        self.record(hold, done).await
    }

    async fn inventory(&self, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
        inventory::of(self, owner).await
    }

    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError> {
        inventory::owners(self, &page).await
    }
}
