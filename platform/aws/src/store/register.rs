//! A new tenant: one write, and nothing read before it.

use tenantry_contract::lifecycle::{self, Minted, NewTenant};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::ids::MintIds;
use tenantry_ports::keys::{KeyUse, Taken};
use tenantry_ports::store::{Registered, StoreError};

use super::row::{Clash, Written, insert};
use super::used_key;
use crate::table::{Action, Database, Outcome, Refused};

pub async fn register(database: &Database, new: NewTenant, key: Option<KeyUse>) -> Result<Registered, StoreError> {
    let mut intent = database.intent();
    let (ids, now) = (database.ids(), intent.now);
    let minted = Minted { tenant_id: ids.tenant(), registration_id: ids.registration(), operation_id: ids.operation() };
    let decided = lifecycle::register(new, minted, now);
    let record = decided.record;
    let written = insert(&mut intent, &database.inner.tiers, &record)?;
    intent.announce(&record.tenant_id, decided.events)?;
    let key = key.map(|used| (used_key::keep(&mut intent, &used.key, Some(&(used.answer)(&record))), used.key));
    match intent.commit().await? {
        Outcome::Written => {
            database.inner.tiers.note(&record);
            Ok(Registered::New(Box::new(record)))
        }
        Outcome::Refused(refused) => {
            let key = key.as_ref().map(|(action, key)| (*action, key));
            why(&refused, &written, key, &record)
        }
    }
}

/// The key's answer counts before all others: with the same request twice, the name is taken by the first.
fn why(
    refused: &Refused,
    written: &Written,
    key: Option<(Action, &tenantry_ports::keys::Key)>,
    record: &TenantRecord,
) -> Result<Registered, StoreError> {
    if let Some((action, key)) = key
        && refused.is(action)
    {
        match used_key::known(refused.item(action), key, record.created_at)? {
            Taken::Replayed(answer) => return Ok(Registered::Replayed(answer)),
            Taken::Reused => return Ok(Registered::KeyReused),
            // The item was swept after the condition had failed.
            Taken::New | Taken::Unanswered => {
                return Err(StoreError::Busy { retry_after: std::time::Duration::from_millis(100) });
            }
        }
    }
    match written.clash(refused) {
        Some(Clash::NameTaken) => Ok(Registered::NameTaken),
        Some(Clash::EmailTaken) => Ok(Registered::EmailTaken),
        Some(Clash::Raced) | None => {
            let what = format!("the new tenant's id {} is in use", record.tenant_id);
            Err(StoreError::Broken { what, cause: None })
        }
    }
}
