//! Records that cannot be read: what can be told of them, their text, and what is left of them.

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::record::{Salvaged, TenantRecord, salvage};
use tenantry_ports::store::{RawTenant, Unreadable};

use super::place;
use super::row::{IdKind, Row, find};
use crate::database::{from_json, is_unreadable, read_id};

/// What a list says of row `n`, whose record is `json`. The row's own columns help where the record does not.
pub fn listed(conn: &Connection, n: i64, json: &[u8], error: &rusqlite::Error) -> Result<Unreadable, rusqlite::Error> {
    let why = error.to_string();
    if let Some(Salvaged { record, .. }) = salvage(json) {
        let (tenant_id, registration_id) = (Some(record.tenant_id), Some(record.registration_id));
        return Ok(Unreadable { tenant_id, registration_id, name: Some(record.name.to_string()), why });
    }
    let name = conn
        .prepare_cached("SELECT live_name FROM tenants WHERE n = ?1")?
        .query_row([n], |row| row.get::<_, Option<String>>(0))
        .optional()?
        .flatten();
    let tenant = tenant_of_row(conn, n)?;
    let ids = tenant.as_deref().and_then(place::relatives);
    let (tenant_id, registration_id) = ids.unzip();
    Ok(Unreadable { tenant_id, registration_id, name, why })
}

/// The tenant of row `n`, by what else speaks of it: its row's number is made of its id's first bytes.
fn tenant_of_row(conn: &Connection, n: i64) -> Result<Option<String>, rusqlite::Error> {
    let Some(prefix) = place::prefix(n) else { return Ok(None) };
    let bound = |rest: u8| [&prefix[..], &[rest; 6]].concat();
    for sql in [
        "SELECT owner FROM work WHERE owner BETWEEN ?1 AND ?2 LIMIT 1",
        "SELECT tenant FROM events WHERE tenant BETWEEN ?1 AND ?2 LIMIT 1",
    ] {
        let found = conn
            .prepare_cached(sql)?
            .query_row(params![bound(0), bound(u8::MAX)], |row| Ok(read_id(row.get_ref(0)?)?))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The record as it is kept, by either of its ids.
pub fn raw(conn: &Connection, id: &str) -> Result<Option<RawTenant>, rusqlite::Error> {
    for kind in [IdKind::Registration, IdKind::Tenant] {
        let n = match find(conn, kind, id) {
            Ok(None) => continue,
            Ok(Some(row)) => row.n,
            Err(error) if is_unreadable(&error) => match place::of(id) {
                Some(n) => n,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        let json: Option<Vec<u8>> = conn
            .prepare_cached("SELECT record FROM tenants WHERE n = ?1")?
            .query_row([n], |row| row.get(0))
            .optional()?;
        return Ok(json.map(|json| of_text(&json)));
    }
    Ok(None)
}

fn of_text(json: &[u8]) -> RawTenant {
    let text = String::from_utf8_lossy(json).into_owned();
    let unreadable = from_json::<TenantRecord>(json).err().map(|error| error.to_string());
    let salvaged = unreadable.as_ref().and_then(|_| salvage(json));
    RawTenant { text, unreadable, salvaged }
}

/// As [`find`], and what is left of a record that cannot be read.
pub fn find_or_salvage(conn: &Connection, kind: IdKind, id: &str) -> Result<Option<Row>, rusqlite::Error> {
    let error = match find(conn, kind, id) {
        Err(error) if is_unreadable(&error) => error,
        found => return found,
    };
    let Some(n) = place::of(id) else { return Err(error) };
    let json: Vec<u8> = conn.query_row("SELECT record FROM tenants WHERE n = ?1", [n], |row| row.get(0))?;
    let Some(Salvaged { record, lost }) = salvage(&json) else { return Err(error) };
    tracing::warn!(tenant = %record.tenant_id, ?lost, "an unreadable record is written again without what it lost");
    let row = Row { n, record };
    if row.is_of(kind, id) { Ok(Some(row)) } else { Err(error) }
}
