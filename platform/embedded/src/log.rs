//! The event log, for people and for the live stream.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use tenantry_contract::event::Event;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::store::StoreError;
use tokio::time::{Instant, timeout_at};

use crate::database::{Database, IdKey, Unreadable, from_json, rows};
use crate::store::number;

#[async_trait]
impl EventLog for Database {
    async fn recent(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<Event>, StoreError> {
        let (filter, unreadable) = (filter.clone(), Arc::clone(&self.inner.unreadable));
        Ok(self.inner.sqlite.read(move |c| recent(c, &unreadable, &filter, &page)).await?)
    }

    async fn end(&self) -> Result<Position, StoreError> {
        Ok(Position(self.inner.newest.borrow().to_string()))
    }

    async fn follow(
        &self,
        after: &Position,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        let after: i64 =
            after.0.parse().map_err(|e| StoreError::broken("the position is none of this log's", e_box(e)))?;
        let deadline = Instant::now() + wait;
        let mut newest = self.inner.newest.subscribe();
        loop {
            if *newest.borrow_and_update() > after {
                let unreadable = Arc::clone(&self.inner.unreadable);
                let read = move |c: &Connection| following(c, &unreadable, after, limit);
                let events = self.inner.sqlite.read(read).await?;
                if !events.is_empty() {
                    return Ok(events);
                }
            }
            match timeout_at(deadline, newest.changed()).await {
                Ok(Ok(())) => {}
                // The sender lives as long as we do.
                Ok(Err(_)) | Err(_) => return Ok(Vec::new()),
            }
        }
    }
}

fn e_box(error: std::num::ParseIntError) -> tenantry_ports::error::Cause {
    Box::new(error)
}

/// How many events one page looks at to find those of a type: enough for most, and no walk through all there are.
const LOOKED_AT: usize = 5_000;

/// Newest first. A page that saw as many as it may is short, or empty, and goes on where it stopped.
fn recent(
    conn: &Connection,
    unreadable: &Unreadable,
    filter: &EventFilter,
    page: &PageRequest,
) -> Result<Page<Event>, rusqlite::Error> {
    let before = number(page)?.unwrap_or(i64::MAX);
    let of_tenant = if filter.tenant.is_some() { "tenant = ?3" } else { "?3 IS NULL" };
    let sql = format!("SELECT seq, type, body FROM events WHERE seq < ?1 AND {of_tenant} ORDER BY seq DESC LIMIT ?2");
    let tenant = filter.tenant.as_ref().map(|id| IdKey(id.as_str()));
    let mut events = conn.prepare_cached(&sql)?;
    let mut found = events.query(params![before, rows(LOOKED_AT + 1), tenant])?;
    let (mut items, mut looked_at, mut last) = (Vec::new(), 0, before);
    while let Some(row) = found.next()? {
        if items.len() == page.limit || looked_at == LOOKED_AT {
            return Ok(Page { items, next: Some(Position(last.to_string())) });
        }
        (last, looked_at) = (row.get(0)?, looked_at + 1);
        if filter
            .detail_type
            .as_deref()
            .is_some_and(|wanted| row.get_ref(1).and_then(|t| Ok(t.as_str()?)) != Ok(wanted))
        {
            continue;
        }
        items.extend(event(unreadable, last, row.get_ref(2)?));
    }
    Ok(Page { items, next: None })
}

/// One that cannot be read is passed over, as whoever follows could never get past it.
fn following(
    conn: &Connection,
    unreadable: &Unreadable,
    after: i64,
    limit: usize,
) -> Result<Vec<(Position, Event)>, rusqlite::Error> {
    let mut events = conn.prepare_cached("SELECT seq, body FROM events WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = events.query([after])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let seq: i64 = row.get(0)?;
        if let Some(event) = event(unreadable, seq, row.get_ref(1)?) {
            found.push((Position(seq.to_string()), event));
        }
    }
    Ok(found)
}

fn event(unreadable: &Unreadable, seq: i64, body: ValueRef<'_>) -> Option<Event> {
    let read = body.as_blob().map_err(rusqlite::Error::from).and_then(from_json);
    read.inspect_err(|error| unreadable.tell("an event", &format!("event {seq}"), error)).ok()
}
