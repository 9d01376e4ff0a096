//! Offboarding and retry.

use std::sync::Arc;

use tenantry_contract::id::RegistrationId;
use tenantry_contract::lifecycle::{self, Begin, Begun};
use tenantry_contract::operation::Budget;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::ids::MintIds;
use tenantry_ports::keys::{StoredAnswer, Taken};
use tenantry_ports::store::BeginOutcome;

use super::damaged::find_or_salvage;
use super::row::{IdKind, find, write as write_decided};
use crate::database::Change;
use crate::keys::{self, HashedKey};

pub struct Asked {
    pub id: RegistrationId,
    pub what: Begin,
    pub budget: Budget,
    pub traceparent: Option<String>,
    pub key: Option<(HashedKey, Answer)>,
}

type Answer = Arc<dyn Fn(&TenantRecord) -> StoredAnswer + Send + Sync>;

pub fn write(change: &Change<'_>, asked: Asked) -> Result<BeginOutcome, rusqlite::Error> {
    if let Some((key, _)) = &asked.key {
        match keys::look(change, key)? {
            Taken::Replayed(answer) => return Ok(BeginOutcome::Replayed(answer)),
            Taken::Reused => return Ok(BeginOutcome::KeyReused),
            Taken::New | Taken::Unanswered => {}
        }
    }
    let find = if asked.what == Begin::Offboard { find_or_salvage } else { find };
    let Some(row) = find(change, IdKind::Registration, asked.id.as_str())? else { return Ok(BeginOutcome::NotFound) };
    let operation = change.ids.operation();
    let begun =
        lifecycle::begin(row.record.clone(), asked.what, operation, asked.budget, asked.traceparent, change.now);
    let outcome = match begun {
        Err(refused) => return Ok(BeginOutcome::Refused(refused)),
        Ok(Begun::Unchanged(record)) => BeginOutcome::Unchanged(record),
        Ok(Begun::Changed(decided)) => {
            let record = write_decided(change, &row, *decided)?;
            // Only an amendment or a registration claims a name or an e-mail.
            BeginOutcome::Begun(Box::new(record.ok_or(rusqlite::Error::InvalidQuery)?))
        }
    };
    if let (Some((key, answer)), BeginOutcome::Begun(record) | BeginOutcome::Unchanged(record)) = (&asked.key, &outcome)
    {
        keys::answer(change, key, &answer(record))?;
    }
    Ok(outcome)
}
