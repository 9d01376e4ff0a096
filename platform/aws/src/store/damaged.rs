//! Records that cannot be read: what can be told of them, their text, and what is left of them.

use serde_json::{Map, Value};
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::record::{Salvaged, salvage};
use tenantry_ports::store::{Listed, RawTenant, StoreError, Unreadable};

use super::row::{Row, tenant_of};
use super::sbt::{RECORD, free_members};
use crate::table::{Database, Item, Key, Read, from_value};

/// What a list says of a tenant, by what its item has beside the record.
pub fn listed(id: &TenantId, item: &Item, error: &StoreError) -> Listed {
    tracing::warn!(tenant = %id, %error, "a tenant's record cannot be read");
    let registration_id = item.maybe_text("tenantRegistrationId").and_then(|id| RegistrationId::parse(id).ok());
    let name = item.maybe_text("tenantName").map(str::to_owned);
    Listed::Unreadable(Unreadable { tenant_id: Some(id.clone()), registration_id, name, why: why(error) })
}

/// The error and its cause, which says where.
fn why(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// The item as it is kept, by either of the tenant's ids.
pub async fn raw(database: &Database, id: &str) -> Result<Option<RawTenant>, StoreError> {
    let Some(item) = item(database, id).await? else { return Ok(None) };
    let unreadable = match Row::read(&item) {
        Ok(None) => return Ok(None),
        Ok(Some(_)) => None,
        Err(error) => Some(why(&error)),
    };
    let salvaged = unreadable.as_ref().and_then(|_| left_of(&item));
    let members: Map<String, Value> =
        item.iter().filter_map(|(name, value)| Some((name.clone(), from_value(value)?))).collect();
    Ok(Some(RawTenant { text: Value::Object(members).to_string(), unreadable, salvaged }))
}

async fn item(database: &Database, id: &str) -> Result<Option<Item>, StoreError> {
    let mut tenant = TenantId::parse(id).ok();
    if let Ok(id) = RegistrationId::parse(id)
        && let Some(item) = database.get(&Key::registration(&id)).await?
    {
        tenant = Some(tenant_of(&item)?);
    }
    match tenant {
        Some(id) => database.get(&Key::tenant(&id)).await,
        None => Ok(None),
    }
}

fn left_of(item: &Item) -> Option<Salvaged> {
    let Salvaged { mut record, lost } = salvage(item.maybe_text(RECORD)?.as_bytes())?;
    let mut free = free_members(item);
    // Of these the item has a text.
    free.0.retain(|name, _| !lost.contains(&format!("tenant.{name}")));
    free.merge(std::mem::take(&mut record.tenant));
    record.tenant = free;
    Some(Salvaged { record, lost })
}

/// As `row_of_registration`, and what is left of a record that cannot be read.
pub async fn row_or_salvage(database: &Database, id: &RegistrationId) -> Result<Option<Row>, StoreError> {
    let error = match database.row_of_registration(id).await {
        Err(error @ StoreError::Broken { .. }) => error,
        found => return found,
    };
    let Some(item) = item(database, id.as_str()).await? else { return Err(error) };
    let Some(Salvaged { record, lost }) = left_of(&item) else { return Err(error) };
    tracing::warn!(tenant = %record.tenant_id, ?lost, "an unreadable record is written again without what it lost");
    Row::salvaged(&item, record).map(Some)
}
