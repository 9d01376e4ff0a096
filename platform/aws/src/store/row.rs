//! A record as it is kept, and the actions that write one.

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::lifecycle::Decided;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_ports::store::StoreError;

use super::indexed::{Indexed, due_key, email_key, list_key, name_key, of_tenant, old_operation_key, operation_key};
use super::sbt::{self, VERSION};
use super::{KnownTiers, tiers};
use crate::table::{Action, Database, Expression, Intent, Key, Outcome, Read, Refused};
use crate::work;

/// A record and the version it was read at.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub record: TenantRecord,
    version: u64,
}

/// The conditions by which a record is written.
pub(crate) struct Written {
    /// None for a new record.
    unchanged: Option<Action>,
    pub name: Option<Action>,
    email: Option<Action>,
    /// The owner's slot, where the write settles it too.
    pub settled: Option<Action>,
}

/// Why a record was not written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Clash {
    NameTaken,
    EmailTaken,
    /// Somebody else wrote it in the meantime.
    Raced,
}

impl Written {
    /// Which of the conditions did not hold; none if it was another action's.
    pub fn clash(&self, refused: &Refused) -> Option<Clash> {
        let failed = |action: Option<Action>| action.is_some_and(|a| refused.is(a));
        // The others were decided by a record that is no more.
        if failed(self.unchanged) || failed(self.settled) {
            Some(Clash::Raced)
        } else if failed(self.name) {
            Some(Clash::NameTaken)
        } else {
            failed(self.email).then_some(Clash::EmailTaken)
        }
    }
}

impl Database {
    pub(crate) async fn row(&self, id: &TenantId) -> Result<Option<Row>, StoreError> {
        let Some(item) = self.get(&Key::tenant(id)).await? else { return Ok(None) };
        Row::read(&item)
    }

    pub(crate) async fn row_of_registration(&self, id: &RegistrationId) -> Result<Option<Row>, StoreError> {
        let Some(item) = self.get(&Key::registration(id)).await? else { return Ok(None) };
        self.row(&tenant_of(&item)?).await
    }

    /// Tries until an attempt comes to something: one that lost a race comes to nothing.
    pub(crate) async fn settled<T, F>(&self, once: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<Option<T>, StoreError>>,
    {
        let mut attempts = self.attempts();
        loop {
            if let Some(settled) = once().await? {
                return Ok(settled);
            }
            if !attempts.again().await {
                return Err(StoreError::Busy { retry_after: std::time::Duration::from_secs(1) });
            }
        }
    }

    /// Commits a decided change. None if a race was lost.
    pub(super) async fn committed(&self, intent: Intent<'_>, written: Written) -> Result<Option<Clash>, StoreError> {
        match intent.commit().await? {
            Outcome::Written => Ok(None),
            Outcome::Refused(refused) => match written.clash(&refused) {
                Some(clash) => Ok(Some(clash)),
                None => {
                    Err(StoreError::Broken { what: "a write was refused for no reason of ours".into(), cause: None })
                }
            },
        }
    }
}

/// The tenant that an item names.
pub(crate) fn tenant_of(item: &crate::table::Item) -> Result<TenantId, StoreError> {
    TenantId::parse(item.text("tenantId")?)
        .map_err(|e| StoreError::broken(format!("{} names no tenant", item.called()), e))
}

impl Row {
    /// None if it is SBT's and nobody adopted it.
    pub fn read(item: &crate::table::Item) -> Result<Option<Self>, StoreError> {
        Ok(sbt::read_tenant(item)?.map(|(record, version)| Self { record, version }))
    }

    /// What is left of a record, in place of the whole item.
    pub fn salvaged(item: &crate::table::Item, record: TenantRecord) -> Result<Self, StoreError> {
        Ok(Self { record, version: item.number(VERSION)? })
    }

    /// The record is still as it was read: for a write that decides by it and does not change it.
    pub fn check(&self, intent: &mut Intent<'_>) -> Action {
        intent.check(Key::tenant(&self.record.tenant_id), self.unchanged())
    }

    fn unchanged(&self) -> Expression {
        Expression::new(format!("#{VERSION} = :version")).value("version", AttributeValue::N(self.version.to_string()))
    }

    /// Writes a record that was decided from this one, with all that is indexed of it.
    pub fn write(&self, intent: &mut Intent<'_>, new: &TenantRecord) -> Result<Written, StoreError> {
        let id = &new.tenant_id;
        let item = sbt::tenant_item(new, self.version + 1)?;
        let unchanged = Some(intent.put_if(Key::tenant(id), item, self.unchanged()));
        if self.record.registration_view() != new.registration_view() {
            intent.put(Key::registration(&new.registration_id), sbt::registration_item(new));
        }
        let (old, indexed) = (Indexed::of(&self.record), Indexed::of(new));
        if old.due != indexed.due {
            move_due(intent, id, &old, &indexed);
        }
        let mut email = None;
        if old.pooled_email != indexed.pooled_email {
            if let Some(folded) = &old.pooled_email {
                intent.delete(email_key(folded));
            }
            email = indexed.pooled_email.map(|folded| intent.insert(email_key(&folded), of_tenant(id)));
        }
        if let Some(contact) =
            new.other_contact().filter(|contact| self.record.other_contact().as_ref() != Some(contact))
        {
            email = Some(intent.check(email_key(&contact), Expression::absent("pk")));
        }
        if old.live_name.is_some() && indexed.live_name.is_none() {
            intent.delete(name_key(&new.name));
            tiers::uncount(intent, new);
        }
        Ok(Written { unchanged, name: None, email, settled: None })
    }

    /// Writes what was decided, operations, events and all.
    pub fn decide(&self, intent: &mut Intent<'_>, decided: Decided) -> Result<(TenantRecord, Written), StoreError> {
        let Decided { record, replaced, events, look } = decided;
        let written = self.write(intent, &record)?;
        if let Some(operation) = &record.operation
            && self.record.operation.as_ref().is_none_or(|old| old.id != operation.id)
        {
            intent.put(operation_key(&operation.id), of_tenant(&record.tenant_id));
        }
        if let Some(old) = replaced {
            intent.put(old_operation_key(&record.tenant_id, &old.id), [stored(&old)?]);
        }
        intent.announce(&record.tenant_id, events)?;
        if look {
            work::ring(intent, &Owner::Tenant(record.tenant_id.clone()));
        }
        Ok((record, written))
    }
}

/// Writes a record that was not there before.
pub(crate) fn insert(
    intent: &mut Intent<'_>,
    known: &KnownTiers,
    record: &TenantRecord,
) -> Result<Written, StoreError> {
    let id = &record.tenant_id;
    intent.insert(Key::tenant(id), sbt::tenant_item(record, 1)?);
    intent.insert(Key::registration(&record.registration_id), sbt::registration_item(record));
    let written = index(intent, known, record);
    if let Some(operation) = &record.operation {
        intent.put(operation_key(&operation.id), of_tenant(id));
    }
    Ok(written)
}

/// Writes all that a record is found by.
pub(crate) fn index(intent: &mut Intent<'_>, known: &KnownTiers, record: &TenantRecord) -> Written {
    let id = &record.tenant_id;
    let indexed = Indexed::of(record);
    intent.put(list_key(id), []);
    if let Some(at) = indexed.due {
        intent.put(due_key(id, at), []);
    }
    let name = indexed.live_name.map(|_| {
        tiers::count(intent, known, record);
        intent.insert(name_key(&record.name), of_tenant(id))
    });
    let email = indexed.pooled_email.map(|folded| intent.insert(email_key(&folded), of_tenant(id)));
    Written { unchanged: None, name, email, settled: None }
}

fn move_due(intent: &mut Intent<'_>, id: &TenantId, old: &Indexed<'_>, new: &Indexed<'_>) {
    if let Some(at) = old.due {
        intent.delete(due_key(id, at));
    }
    if let Some(at) = new.due {
        intent.put(due_key(id, at), []);
    }
}

fn stored(operation: &Operation) -> Result<(String, AttributeValue), StoreError> {
    let json = serde_json::to_string(operation);
    let json = json.map_err(|e| StoreError::broken("an operation cannot be written as JSON", e))?;
    Ok(("operation".into(), AttributeValue::S(json)))
}
