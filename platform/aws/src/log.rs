//! The event log. Nothing numbers events over all writers: they are in the order of the moments their writes began,
//! and a write that took longer than another may come to light behind it. So a follower looks at the last stretch of
//! the log again and again, and remembers what it has seen there.

mod position;
mod recent;
mod tail;

use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::event::Event;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::store::StoreError;

use self::position::At;
pub(crate) use self::tail::Tail;
use crate::table::Database;

#[async_trait]
impl EventLog for Database {
    async fn recent(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<Event>, StoreError> {
        match &filter.tenant {
            Some(tenant) => recent::of_tenant(self, tenant, filter, &page).await,
            None => recent::of_all(self, filter, &page).await,
        }
    }

    async fn end(&self) -> Result<Position, StoreError> {
        Ok(self.inner.tail.end(self).await?.into())
    }

    async fn follow(
        &self,
        after: &Position,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        let after = At::parse(after)?;
        let found = self.inner.tail.follow(self, after, limit, wait).await?;
        Ok(found.into_iter().map(|(at, event)| (at.into(), event)).collect())
    }
}
