//! PUT and PATCH.

use tenantry_contract::id::RegistrationId;
use tenantry_contract::lifecycle::{self, Amendment};
use tenantry_ports::store::{AmendOutcome, StoreError};

use super::row::Clash;
use crate::table::Database;
use crate::work;

pub async fn once(
    database: &Database,
    id: &RegistrationId,
    amendment: &Amendment,
) -> Result<Option<AmendOutcome>, StoreError> {
    let Some(row) = database.row_of_registration(id).await? else { return Ok(Some(AmendOutcome::NotFound)) };
    let mut intent = database.intent();
    let decided = match lifecycle::amend(row.record.clone(), amendment.clone(), intent.now) {
        Ok(decided) => decided,
        Err(refused) => return Ok(Some(AmendOutcome::Refused(refused))),
    };
    let (record, mut written) = row.decide(&mut intent, decided)?;
    if row.record.open_operation().is_some() && record.open_operation().is_none() {
        written.settled = work::settle(database, &mut intent, &record).await?;
    }
    Ok(match database.committed(intent, written).await? {
        None => Some(AmendOutcome::Amended(Box::new(record))),
        Some(Clash::EmailTaken) => Some(AmendOutcome::EmailTaken),
        Some(Clash::NameTaken | Clash::Raced) => None,
    })
}
