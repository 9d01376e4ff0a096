//! Tenants' data in a SQLite file: a table of one service, shared by tenants or a tenant's own.
//!
//! The services' processes and the runtime that removes a tenant's rows have the same file open; SQLite keeps them
//! apart. The tenant is the first part of every key, in every statement.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tenantry_contract::id::TenantId;
use tenantry_ports::data::{DataError, Existing, Item, PageSize, TenantTable};
use tenantry_ports::error::Refusal;
use tenantry_ports::page::{Page, PageRequest, Position};

use crate::sqlite::{Mode, OpenError, Place, Sqlite};

const MIGRATIONS: &[&str] = &["
CREATE TABLE items (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

-- Tenants that were removed. Their tokens may be valid for a while, and must not write any more.
CREATE TABLE gone (tenant TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"];

/// So many rows are removed in one write, so that a large tenant's farewell does not hold up the others.
const REMOVED_AT_ONCE: u32 = 1_000;

#[derive(Clone)]
pub struct LocalTable {
    db: Sqlite,
}

impl LocalTable {
    /// Opens the file, and makes it if it is not there. Its folder must be.
    pub fn open(file: &Path) -> Result<Self, OpenError> {
        Self::at(Place::File(PathBuf::from(file)), Mode::Threaded)
    }

    /// One that nobody else sees and that runs in the caller, for tests and simulations.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::at(Place::Memory, Mode::Inline)
    }

    /// Makes the file if it is not there.
    pub(crate) fn create(file: &Path) -> Result<(), OpenError> {
        Self::at(Place::File(file.to_owned()), Mode::Inline).map(drop)
    }

    fn at(place: Place, mode: Mode) -> Result<Self, OpenError> {
        Ok(Self { db: Sqlite::open(place, mode, MIGRATIONS)? })
    }

    /// Lets a tenant write that an earlier clean-up has shut out. Writes only if it was.
    pub(crate) async fn admit(&self, tenant: &TenantId) -> Result<(), DataError> {
        let who = tenant.clone();
        if self.db.read(move |conn| is_gone(conn, &who)).await? {
            let who = tenant.clone();
            self.db.write(move |conn| delete_one(conn, "DELETE FROM gone WHERE tenant = ?1", &who)).await?;
        }
        Ok(())
    }

    /// Shuts a tenant out and removes its rows, a part at a time. True once none is left.
    pub(crate) async fn expel(&self, tenant: &TenantId) -> Result<bool, DataError> {
        let who = tenant.clone();
        if self.db.read(move |conn| Ok(is_gone(conn, &who)? && !has_rows(conn, &who)?)).await? {
            return Ok(true);
        }
        let who = tenant.clone();
        let removed = self.db.write(move |conn| expel(conn, &who)).await?;
        Ok(removed < REMOVED_AT_ONCE as usize)
    }

    /// Tenants that have rows, in order, after one.
    pub(crate) async fn tenants(&self, after: &str, limit: usize) -> Result<Vec<TenantId>, DataError> {
        let after = after.to_owned();
        let names = self.db.read(move |conn| tenants(conn, after, limit)).await?;
        names.into_iter().map(|name| TenantId::parse(name).map_err(|e| DataError::broken("a tenant's id", e))).collect()
    }

    pub(crate) async fn close(&self) {
        self.db.close().await;
    }
}

fn is_gone(conn: &Connection, tenant: &TenantId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM gone WHERE tenant = ?1")?.exists([tenant.as_str()])
}

fn has_rows(conn: &Connection, tenant: &TenantId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM items WHERE tenant = ?1 LIMIT 1")?.exists([tenant.as_str()])
}

fn delete_one(conn: &Connection, sql: &str, tenant: &TenantId) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([tenant.as_str()]).map(drop)
}

fn expel(conn: &Connection, tenant: &TenantId) -> rusqlite::Result<usize> {
    delete_one(conn, "INSERT INTO gone (tenant) VALUES (?1) ON CONFLICT DO NOTHING", tenant)?;
    conn.prepare_cached(
        "DELETE FROM items WHERE tenant = ?1 AND key IN (SELECT key FROM items WHERE tenant = ?1 LIMIT ?2)",
    )?
    .execute(params![tenant.as_str(), REMOVED_AT_ONCE])
}

/// A jump in the index for each tenant, however many rows it has.
fn tenants(conn: &Connection, mut after: String, limit: usize) -> rusqlite::Result<Vec<String>> {
    let mut next = conn.prepare_cached("SELECT tenant FROM items WHERE tenant > ?1 ORDER BY tenant LIMIT 1")?;
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(tenant) = next.query_row([&after], |row| row.get::<_, String>(0)).optional()? else { break };
        found.push(tenant.clone());
        after = tenant;
    }
    Ok(found)
}

enum Put {
    Written,
    Refused,
    Gone,
}

fn put(conn: &Connection, tenant: &TenantId, key: &str, json: &str, only_if: Existing) -> rusqlite::Result<Put> {
    if is_gone(conn, tenant)? {
        return Ok(Put::Gone);
    }
    let sql = match only_if {
        Existing::Either => {
            "INSERT INTO items (tenant, key, item) VALUES (?1, ?2, ?3)
             ON CONFLICT (tenant, key) DO UPDATE SET item = excluded.item"
        }
        Existing::Absent => "INSERT INTO items (tenant, key, item) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        Existing::Present => "UPDATE items SET item = ?3 WHERE tenant = ?1 AND key = ?2",
    };
    let changed = conn.prepare_cached(sql)?.execute(params![tenant.as_str(), key, json])?;
    Ok(if changed > 0 { Put::Written } else { Put::Refused })
}

/// The rows of a page, and whether there are more. What does not fit any more is not read.
fn list(
    conn: &Connection,
    tenant: &TenantId,
    after: &str,
    limit: usize,
) -> rusqlite::Result<(Vec<(String, String)>, bool)> {
    let mut select = conn.prepare_cached(
        "SELECT key, item, octet_length(item) FROM items WHERE tenant = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
    )?;
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = select.query(params![tenant.as_str(), after, one_more])?;
    let (mut page, mut size) = (Vec::new(), PageSize::default());
    while let Some(row) = rows.next()? {
        let bytes: i64 = row.get(2)?;
        if page.len() == limit || !size.takes(usize::try_from(bytes).unwrap_or(usize::MAX)) {
            return Ok((page, true));
        }
        page.push((row.get(0)?, row.get(1)?));
    }
    Ok((page, false))
}

fn parse(json: &str) -> Result<Item, DataError> {
    serde_json::from_str(json).map_err(|cause| DataError::broken("an item is not JSON", cause))
}

#[async_trait]
impl TenantTable for LocalTable {
    async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Item>, DataError> {
        let (tenant, key) = (tenant.clone(), key.to_owned());
        let found = self
            .db
            .read(move |conn| {
                conn.prepare_cached("SELECT item FROM items WHERE tenant = ?1 AND key = ?2")?
                    .query_row(params![tenant.as_str(), key], |row| row.get::<_, String>(0))
                    .optional()
            })
            .await?;
        found.as_deref().map(parse).transpose()
    }

    async fn put(&self, tenant: &TenantId, key: &str, item: Item, only_if: Existing) -> Result<bool, DataError> {
        let json = serde_json::to_string(&item).map_err(|cause| DataError::broken("an item is not JSON", cause))?;
        let (tenant, key) = (tenant.clone(), key.to_owned());
        match self.db.write(move |conn| put(conn, &tenant, &key, &json, only_if)).await? {
            Put::Written => Ok(true),
            Put::Refused => Ok(false),
            Put::Gone => Err(DataError::Refused(Refusal::Gone)),
        }
    }

    async fn delete(&self, tenant: &TenantId, key: &str) -> Result<bool, DataError> {
        let (tenant, key) = (tenant.clone(), key.to_owned());
        let removed = self
            .db
            .write(move |conn| {
                conn.prepare_cached("DELETE FROM items WHERE tenant = ?1 AND key = ?2")?
                    .execute(params![tenant.as_str(), key])
            })
            .await?;
        Ok(removed > 0)
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<Item>, DataError> {
        let (tenant, limit) = (tenant.clone(), page.limit);
        // No key is empty, so all come after the empty one.
        let after = page.after.map_or_else(String::new, |position| position.0);
        let (rows, more) = self.db.read(move |conn| list(conn, &tenant, &after, limit)).await?;
        let next = rows.last().filter(|_| more).map(|(key, _)| Position(key.clone()));
        let items = rows.iter().map(|(_, json)| parse(json)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}
