//! The event log: what was published, kept for a while, for `GET /events` and the live stream.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::event::Event;
use tenantry_contract::id::TenantId;

use crate::page::{Page, PageRequest, Position};
use crate::store::StoreError;

#[async_trait]
pub trait EventLog: Send + Sync {
    /// Newest first. What a filter leaves out is looked through a stretch at a time: a page may be short, or empty, and
    /// go on all the same.
    async fn recent(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<Event>, StoreError>;

    /// The position after the newest event.
    async fn end(&self) -> Result<Position, StoreError>;

    /// Events after a position, oldest first; waits up to `wait` for the first one. Empty when none came.
    async fn follow(
        &self,
        after: &Position,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(Position, Event)>, StoreError>;
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub tenant: Option<TenantId>,
    pub detail_type: Option<String>,
}
