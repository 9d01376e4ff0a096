//! Orphans that sweeps found, for operators to see and to decide on.

use async_trait::async_trait;
use tenantry_contract::orphan::{Orphan, OrphanId};

use crate::page::{Page, PageRequest};
use crate::store::StoreError;

#[async_trait]
pub trait OrphanStore: Send + Sync {
    /// Records orphans that a sweep found, and publishes `tenantry_orphanFound` for each new one in the same write.
    /// One that is recorded already stays as it is. Returns how many are new.
    async fn record_orphans(&self, found: Vec<Orphan>) -> Result<usize, StoreError>;

    /// Recorded orphans, in the order of their ids.
    async fn orphans(&self, page: PageRequest) -> Result<Page<Orphan>, StoreError>;

    async fn orphan(&self, id: &OrphanId) -> Result<Option<Orphan>, StoreError>;

    /// Notes that an operator asked for the removal of an orphan, once. Returns the orphan, or none if there is none.
    async fn request_orphan_removal(&self, id: &OrphanId) -> Result<Option<Orphan>, StoreError>;

    /// Up to `limit` orphans whose removal was asked for.
    async fn requested_orphan_removals(&self, limit: usize) -> Result<Vec<Orphan>, StoreError>;

    /// Forgets an orphan that is gone, or that an inventory names by now.
    async fn forget_orphan(&self, id: &OrphanId) -> Result<(), StoreError>;
}
