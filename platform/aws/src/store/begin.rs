//! Offboarding and retry.

use tenantry_contract::id::RegistrationId;
use tenantry_contract::lifecycle::{self, Begin, Begun};
use tenantry_contract::operation::Budget;
use tenantry_ports::ids::MintIds;
use tenantry_ports::keys::{Key, KeyUse, Taken};
use tenantry_ports::store::{BeginOutcome, StoreError};

use super::damaged;
use super::used_key::{self, item_key};
use crate::table::{Database, Outcome};

pub struct Asked<'a> {
    pub id: &'a RegistrationId,
    pub what: Begin,
    pub budget: Budget,
    pub traceparent: Option<String>,
    pub key: Option<KeyUse>,
}

pub async fn once(database: &Database, asked: &Asked<'_>) -> Result<Option<BeginOutcome>, StoreError> {
    if let Some(used) = &asked.key
        && let Some(before) = answered(database, &used.key).await?
    {
        return Ok(Some(before));
    }
    let found = match asked.what {
        Begin::Offboard => damaged::row_or_salvage(database, asked.id).await?,
        Begin::Retry => database.row_of_registration(asked.id).await?,
    };
    let Some(row) = found else { return Ok(Some(BeginOutcome::NotFound)) };
    let mut intent = database.intent();
    let (operation, trace) = (database.ids().operation(), asked.traceparent.clone());
    let begun = lifecycle::begin(row.record.clone(), asked.what, operation, asked.budget, trace, intent.now);
    let outcome = match begun {
        Err(refused) => return Ok(Some(BeginOutcome::Refused(refused))),
        Ok(Begun::Unchanged(record)) if asked.key.is_none() => return Ok(Some(BeginOutcome::Unchanged(record))),
        Ok(Begun::Unchanged(record)) => {
            row.check(&mut intent);
            BeginOutcome::Unchanged(record)
        }
        Ok(Begun::Changed(decided)) => BeginOutcome::Begun(Box::new(row.decide(&mut intent, *decided)?.0)),
    };
    if let (Some(used), BeginOutcome::Begun(record) | BeginOutcome::Unchanged(record)) = (&asked.key, &outcome) {
        used_key::keep(&mut intent, &used.key, Some(&(used.answer)(record)));
    }
    // Refused is who was overtaken, by another request or by the same one: the next look tells.
    Ok(matches!(intent.commit().await?, Outcome::Written).then_some(outcome))
}

async fn answered(database: &Database, key: &Key) -> Result<Option<BeginOutcome>, StoreError> {
    let item = database.get(&item_key(key)).await?;
    Ok(match used_key::known(item.as_ref(), key, database.now())? {
        Taken::Replayed(answer) => Some(BeginOutcome::Replayed(answer)),
        Taken::Reused => Some(BeginOutcome::KeyReused),
        Taken::New | Taken::Unanswered => None,
    })
}
