//! The event log, for people and for the live stream.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use tenantry_contract::event::Event;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::store::StoreError;
use tokio::time::{Instant, timeout_at};

use crate::database::{Database, IdKey, from_json, rows};
use crate::store::{cut, number};

#[async_trait]
impl EventLog for Database {
    async fn recent(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<Event>, StoreError> {
        let filter = filter.clone();
        Ok(self.inner.sqlite.read(move |c| recent(c, &filter, &page)).await?)
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
                let events = self.inner.sqlite.read(move |c| following(c, after, limit)).await?;
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

fn recent(conn: &Connection, filter: &EventFilter, page: &PageRequest) -> Result<Page<Event>, rusqlite::Error> {
    let before = number(page)?.unwrap_or(i64::MAX);
    let of_tenant = if filter.tenant.is_some() { "tenant = ?3" } else { "?3 IS NULL" };
    let of_type = if filter.detail_type.is_some() { "type = ?4" } else { "?4 IS NULL" };
    let sql =
        format!("SELECT seq, body FROM events WHERE seq < ?1 AND {of_tenant} AND {of_type} ORDER BY seq DESC LIMIT ?2");
    let tenant = filter.tenant.as_ref().map(|id| IdKey(id.as_str()));
    let found: Vec<(i64, Event)> = conn
        .prepare_cached(&sql)?
        .query_map(params![before, rows(page.limit + 1), tenant, filter.detail_type], |row| {
            Ok((row.get(0)?, from_json(row.get_ref(1)?.as_blob()?)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(cut(found, page.limit))
}

fn following(conn: &Connection, after: i64, limit: usize) -> Result<Vec<(Position, Event)>, rusqlite::Error> {
    conn.prepare_cached("SELECT seq, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?
        .query_map(params![after, rows(limit)], |row| {
            let seq: i64 = row.get(0)?;
            Ok((Position(seq.to_string()), from_json(row.get_ref(1)?.as_blob()?)?))
        })?
        .collect()
}
