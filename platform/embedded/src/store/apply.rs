//! An application plane's report.

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::event::Report;
use tenantry_contract::lifecycle::{self, Applied, Ignored};
use tenantry_ports::store::ApplyOutcome;

use super::row::{IdKind, find, write as write_decided};
use crate::database::{Change, IdKey};
use crate::keys::day_of;
use crate::work;

pub fn write(change: &Change<'_>, mut report: Report) -> Result<ApplyOutcome, rusqlite::Error> {
    let ignored = |why| Ok(ApplyOutcome::Ignored(why));
    let key = report.event_key.take();
    if let Some(key) = &key
        && taken(change, key, day_of(change.now))?
    {
        return ignored(Ignored::Repeated);
    }
    let Some(row) = find(change, IdKind::Registration, report.registration_id.as_str())? else {
        return ignored(Ignored::Unknown);
    };
    if let Some(key) = &key {
        // Also one that changes nothing now: said again later, it might fit another attempt.
        change
            .prepare_cached("INSERT INTO reports_taken (day, key) VALUES (?1, ?2)")?
            .execute(params![day_of(change.now), IdKey(key)])?;
    }
    let Applied { decided, dropped } = match lifecycle::apply(row.record.clone(), report, change.now) {
        Ok(applied) => applied,
        Err(why) => return ignored(why),
    };
    let record = write_decided(change, &row, decided)?.ok_or(rusqlite::Error::InvalidQuery)?;
    if record.open_operation().is_none() {
        work::settle(change, &record)?;
    }
    Ok(ApplyOutcome::Applied { record: Box::new(record), dropped })
}

fn taken(conn: &Connection, key: &str, today: i64) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached("SELECT 1 FROM reports_taken WHERE day IN (?1, ?2) AND key = ?3")?
        .query_row(params![today, today - 1, IdKey(key)], |_| Ok(()))
        .optional()
        .map(|found| found.is_some())
}
