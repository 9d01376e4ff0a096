//! An application plane's report.

use tenantry_contract::event::Report;
use tenantry_contract::lifecycle::{self, Applied, Ignored};
use tenantry_ports::store::{ApplyOutcome, StoreError};

use super::report;
use crate::table::{Database, Outcome};
use crate::work;

pub async fn once(
    database: &Database,
    event_key: Option<&str>,
    told: &Report,
) -> Result<Option<ApplyOutcome>, StoreError> {
    let ignored = |why| Ok(Some(ApplyOutcome::Ignored(why)));
    let Some(row) = database.row_of_registration(&told.registration_id).await? else {
        let repeated = match event_key {
            Some(key) => report::is_taken(database, key).await?,
            None => false,
        };
        return ignored(if repeated { Ignored::Repeated } else { Ignored::Unknown });
    };
    let mut intent = database.intent();
    let Applied { decided, dropped } = match lifecycle::apply(row.record.clone(), told.clone(), intent.now) {
        Ok(applied) => applied,
        Err(why) => {
            let first = match event_key {
                Some(key) => report::take_alone(database, key).await?,
                None => true,
            };
            return ignored(if first { why } else { Ignored::Repeated });
        }
    };
    let (record, _) = row.decide(&mut intent, decided)?;
    if record.open_operation().is_none() {
        work::settle(database, &mut intent, &record).await?;
    }
    let taken = event_key.map(|key| report::take(&mut intent, key));
    match intent.commit().await? {
        Outcome::Written => Ok(Some(ApplyOutcome::Applied { record: Box::new(record), dropped })),
        Outcome::Refused(refused) if taken.is_some_and(|action| refused.is(action)) => ignored(Ignored::Repeated),
        Outcome::Refused(_) => Ok(None),
    }
}
