//! PUT and PATCH.

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::id::RegistrationId;
use tenantry_contract::lifecycle::{self, Amendment};
use tenantry_ports::store::AmendOutcome;

use super::row::{IdKind, find, write as write_decided};
use crate::database::Change;
use crate::work;

pub fn write(change: &Change<'_>, id: &RegistrationId, amendment: Amendment) -> Result<AmendOutcome, rusqlite::Error> {
    let Some(row) = find(change, IdKind::Registration, id.as_str())? else { return Ok(AmendOutcome::NotFound) };
    let decided = match lifecycle::amend(row.record.clone(), amendment, change.now) {
        Ok(decided) => decided,
        Err(refused) => return Ok(AmendOutcome::Refused(refused)),
    };
    if let Some(contact) =
        decided.record.other_contact().filter(|contact| row.record.other_contact().as_ref() != Some(contact))
        && signs_in(change, &contact, row.n)?
    {
        return Ok(AmendOutcome::EmailTaken);
    }
    let Some(record) = write_decided(change, &row, decided)? else { return Ok(AmendOutcome::EmailTaken) };
    if row.record.open_operation().is_some() && record.open_operation().is_none() {
        work::settle(change, &record)?;
    }
    Ok(AmendOutcome::Amended(Box::new(record)))
}

/// Whether it is what another pooled tenant's admin signs in with.
fn signs_in(conn: &Connection, address: &str, but: i64) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached("SELECT 1 FROM tenants WHERE pooled_email = ?1 AND n <> ?2")?
        .query_row(params![address, but], |_| Ok(()))
        .optional()
        .map(|found| found.is_some())
}
