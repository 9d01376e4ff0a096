//! A [`WorkStore`] that fails on purpose.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tenantry_contract::id::WorkerId;
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Done, Held, Hold, WorkStore};

use super::Plan;

pub struct FaultyWork {
    inner: Arc<dyn WorkStore>,
    plan: Plan,
}

impl FaultyWork {
    pub fn new(inner: Arc<dyn WorkStore>, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl WorkStore for FaultyWork {
    async fn ring(&self, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
        self.plan.around("work.ring".into(), || self.inner.ring(owners, at)).await
    }

    async fn ring_watched(&self, at: Timestamp) -> Result<(), StoreError> {
        self.plan.around("work.ring_watched".into(), || self.inner.ring_watched(at)).await
    }

    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        self.plan.around("work.claim".into(), || self.inner.claim(worker, now, until, max)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.plan.around("work.next_due".into(), || self.inner.next_due()).await
    }

    async fn renew(&self, hold: &Hold, until: Timestamp) -> Result<Held, StoreError> {
        self.plan.around(format!("work.renew {}", hold.owner), || self.inner.renew(hold, until)).await
    }

    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError> {
        self.plan.around(format!("work.record {}", hold.owner), || self.inner.record(hold, done.clone())).await
    }

    async fn release(&self, hold: &Hold, next: Option<Timestamp>) -> Result<Held, StoreError> {
        self.plan.around(format!("work.release {}", hold.owner), || self.inner.release(hold, next)).await
    }

    async fn inventory(&self, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
        self.plan.around(format!("work.inventory {owner}"), || self.inner.inventory(owner)).await
    }

    async fn inventories(&self, owners: &[Owner]) -> Result<BTreeMap<Owner, Vec<Entry>>, StoreError> {
        self.plan.around("work.inventories".into(), || self.inner.inventories(owners)).await
    }

    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError> {
        self.plan.around("work.owners".into(), || self.inner.owners(page.clone())).await
    }
}
