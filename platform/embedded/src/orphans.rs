//! Orphans that sweeps found.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::event;
use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::store::StoreError;

use crate::database::{Change, Database, from_json, rows, to_json};

#[async_trait]
impl OrphanStore for Database {
    async fn record_orphans(&self, found: Vec<Orphan>) -> Result<usize, StoreError> {
        if found.is_empty() {
            return Ok(0);
        }
        Ok(self.change_behind(move |change| record(change, &found)).await?)
    }

    async fn orphans(&self, page: PageRequest) -> Result<Page<Orphan>, StoreError> {
        Ok(self.inner.sqlite.read(move |conn| list(conn, &page)).await?)
    }

    async fn orphan(&self, id: &OrphanId) -> Result<Option<Orphan>, StoreError> {
        let id = id.clone();
        Ok(self.inner.sqlite.read(move |conn| find(conn, &id)).await?)
    }

    async fn request_orphan_removal(&self, id: &OrphanId) -> Result<Option<Orphan>, StoreError> {
        let id = id.clone();
        Ok(self.change(move |change| request_removal(change, &id)).await?)
    }

    async fn requested_orphan_removals(&self, limit: usize) -> Result<Vec<Orphan>, StoreError> {
        Ok(self.inner.sqlite.read(move |conn| requested(conn, limit)).await?)
    }

    async fn forget_orphan(&self, id: &OrphanId) -> Result<(), StoreError> {
        let id = id.clone();
        let forget = move |change: &Change<'_>| {
            change.prepare_cached("DELETE FROM orphans WHERE id = ?1")?.execute([id.as_str()]).map(drop)
        };
        Ok(self.change_behind(forget).await?)
    }
}

fn record(change: &Change<'_>, found: &[Orphan]) -> Result<usize, rusqlite::Error> {
    let mut new = 0;
    for orphan in found {
        let sql = "INSERT INTO orphans (id, orphan) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        if change.prepare_cached(sql)?.execute(params![orphan.id.as_str(), to_json(orphan)?])? > 0 {
            change.announce(vec![event::orphan_found(orphan)])?;
            new += 1;
        }
    }
    Ok(new)
}

fn list(conn: &Connection, page: &PageRequest) -> Result<Page<Orphan>, rusqlite::Error> {
    let after = page.after.as_ref().map_or("", |position| position.0.as_str());
    let mut items: Vec<Orphan> = conn
        .prepare_cached("SELECT orphan FROM orphans WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![after, rows(page.limit.saturating_add(1))], |row| from_json(row.get_ref(0)?.as_blob()?))?
        .collect::<Result<_, _>>()?;
    let more = items.len() > page.limit;
    items.truncate(page.limit);
    let next = items.last().filter(|_| more).map(|last| Position(last.id.to_string()));
    Ok(Page { items, next })
}

fn find(conn: &Connection, id: &OrphanId) -> Result<Option<Orphan>, rusqlite::Error> {
    conn.prepare_cached("SELECT orphan FROM orphans WHERE id = ?1")?
        .query_row([id.as_str()], |row| from_json(row.get_ref(0)?.as_blob()?))
        .optional()
}

fn request_removal(change: &Change<'_>, id: &OrphanId) -> Result<Option<Orphan>, rusqlite::Error> {
    let Some(mut orphan) = find(change, id)? else { return Ok(None) };
    if orphan.removal_requested.is_none() {
        orphan.removal_requested = Some(change.now);
        change
            .prepare_cached("UPDATE orphans SET orphan = ?2, requested = 1 WHERE id = ?1")?
            .execute(params![id.as_str(), to_json(&orphan)?])?;
    }
    Ok(Some(orphan))
}

fn requested(conn: &Connection, limit: usize) -> Result<Vec<Orphan>, rusqlite::Error> {
    conn.prepare_cached("SELECT orphan FROM orphans WHERE requested = 1 ORDER BY id LIMIT ?1")?
        .query_map([rows(limit)], |row| from_json(row.get_ref(0)?.as_blob()?))?
        .collect()
}
