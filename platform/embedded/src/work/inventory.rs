//! What each owner has.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_ports::page::{Page, PageRequest, Position};

use super::{OwnerKey, read_owner};
use crate::database::{from_json, to_json};

pub fn of(conn: &Connection, owner: &Owner) -> Result<Vec<Entry>, rusqlite::Error> {
    conn.prepare_cached("SELECT entry FROM inventory WHERE owner = ?1 ORDER BY resource")?
        .query_map([OwnerKey(owner)], |row| from_json(row.get_ref(0)?.as_blob()?))?
        .collect()
}

pub fn of_all(conn: &Connection, owners: Vec<Owner>) -> Result<BTreeMap<Owner, Vec<Entry>>, rusqlite::Error> {
    let mut all = BTreeMap::new();
    for owner in owners {
        let entries = of(conn, &owner)?;
        if !entries.is_empty() {
            all.insert(owner, entries);
        }
    }
    Ok(all)
}

pub fn resource_names(conn: &Connection, owner: &Owner) -> Result<Vec<String>, rusqlite::Error> {
    conn.prepare_cached("SELECT resource FROM inventory WHERE owner = ?1 ORDER BY resource")?
        .query_map([OwnerKey(owner)], |row| row.get(0))?
        .collect()
}

pub fn put(conn: &Connection, owner: &Owner, entry: &Entry) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO inventory (owner, resource, watched, entry) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (owner, resource) DO UPDATE SET watched = excluded.watched, entry = excluded.entry",
    )?
    .execute(params![OwnerKey(owner), entry.resource.id.as_str(), entry.resource.watched, to_json(entry)?])
    .map(drop)
}

pub fn strike(conn: &Connection, owner: &Owner, resource: &ResourceId) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("DELETE FROM inventory WHERE owner = ?1 AND resource = ?2")?
        .execute(params![OwnerKey(owner), resource.as_str()])
        .map(drop)
}

/// Each owner once, by hopping along the key from one to the next.
pub fn owners(conn: &Connection, page: &PageRequest) -> Result<Page<Owner>, rusqlite::Error> {
    let mut hop = conn.prepare_cached("SELECT owner FROM inventory WHERE owner > ?1 ORDER BY owner LIMIT 1")?;
    let mut after = page.after.as_ref().map(|position| parse(&position.0)).transpose()?;
    let mut items = Vec::new();
    loop {
        let next = match &after {
            // Lists, numbers and the stage's key included, begin after this one.
            None => hop.query_row([i64::MIN], |row| Ok(read_owner(row.get_ref(0)?)?)),
            Some(owner) => hop.query_row([OwnerKey(owner)], |row| Ok(read_owner(row.get_ref(0)?)?)),
        };
        match next.optional()? {
            None => return Ok(Page { items, next: None }),
            Some(_) if items.len() == page.limit => {
                let next = after.as_ref().map(position);
                return Ok(Page { items, next });
            }
            Some(owner) => {
                items.push(owner.clone());
                after = Some(owner);
            }
        }
    }
}

fn position(owner: &Owner) -> Position {
    Position(owner.tenant().map_or_else(String::new, |id| id.as_str().to_owned()))
}

fn parse(text: &str) -> Result<Owner, rusqlite::Error> {
    if text.is_empty() {
        return Ok(Owner::Stage);
    }
    let id = tenantry_contract::id::TenantId::parse(text);
    id.map(Owner::Tenant).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}
