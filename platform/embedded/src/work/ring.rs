//! Who is due, and when.

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::lifecycle::{Presence, presence};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;

use super::OwnerKey;

/// Rings for an owner that is free; notes it down for when one that is held is let go.
const ON_RING: &str = "ON CONFLICT (owner) DO UPDATE SET
    due = CASE WHEN held_until IS NULL THEN min(coalesce(due, excluded.due), excluded.due) ELSE due END,
    rung = CASE WHEN held_until IS NULL THEN NULL ELSE min(coalesce(rung, excluded.due), excluded.due) END";

pub fn ring(conn: &Connection, owner: &Owner, at: Timestamp) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(&format!("INSERT INTO work (owner, due, fence) VALUES (?1, ?2, 0) {ON_RING}"))?
        .execute(params![OwnerKey(owner), at.millis()])
        .map(drop)
}

pub fn watched(conn: &Connection, at: Timestamp) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO work (owner, due, fence) SELECT DISTINCT owner, ?1, 0 FROM inventory WHERE watched = 1";
    conn.prepare_cached(&format!("{sql} {ON_RING}"))?.execute([at.millis()]).map(drop)
}

pub fn next_due(conn: &Connection) -> Result<Option<Timestamp>, rusqlite::Error> {
    conn.prepare_cached("SELECT due FROM work WHERE due IS NOT NULL ORDER BY due LIMIT 1")?
        .query_row([], |row| row.get(0).map(Timestamp::from_millis))
        .optional()
}

/// An operation has ended: nobody needs to look at the tenant again, unless something of its can drift or is
/// still to be removed. Who holds it says so when letting go.
pub fn settle(conn: &Connection, record: &TenantRecord) -> Result<(), rusqlite::Error> {
    let owner = Owner::Tenant(record.tenant_id.clone());
    let keeping = presence(record) != Presence::Absent;
    conn.prepare_cached(
        "UPDATE work SET due = NULL WHERE owner = ?1 AND held_until IS NULL AND due IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM inventory WHERE owner = ?1 AND (watched = 1 OR NOT ?2))",
    )?
    .execute(params![OwnerKey(&owner), keeping])
    .map(drop)
}
