//! Tenants whose records cannot be read.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::{Listed, StoreError, Unreadable};
use tenantry_web::Problem;
use utoipa::ToSchema;

use crate::state::App;

/// A tenant whose record cannot be read: what can be told of it. `GET /tenants/{id}/raw` has its text, and
/// `DELETE /tenant-registrations/{id}` offboards it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnreadableTenant)]
pub(crate) struct UnreadableDoc {
    pub tenant_id: Option<String>,
    pub tenant_registration_id: Option<String>,
    pub tenant_name: Option<String>,
    /// Always true.
    pub unreadable: bool,
    /// Why it cannot be read.
    pub reason: String,
}

/// A line of a list.
pub(crate) fn line(listed: Listed, readable: impl FnOnce(&TenantRecord) -> Map<String, Value>) -> Map<String, Value> {
    let Unreadable { tenant_id, registration_id, name, why } = match listed {
        Listed::Tenant(record) => return readable(&record),
        Listed::Unreadable(unreadable) => unreadable,
    };
    let members = [
        ("tenantId", json!(tenant_id)),
        ("tenantRegistrationId", json!(registration_id)),
        ("tenantName", json!(name)),
        ("unreadable", json!(true)),
        ("reason", json!(why)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a client is told when the store fails on one tenant: of a record that cannot be read, what to do about it.
pub(crate) async fn explained(app: &App, id: &str, error: StoreError) -> Problem {
    if !matches!(error, StoreError::Broken { .. }) {
        return error.into();
    }
    match app.cp.store.raw(id).await {
        Ok(Some(raw)) if raw.unreadable.is_some() => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!(
                "The record of {id} cannot be read. GET /tenants/{id}/raw has its text and the reason; \
                 DELETE /tenant-registrations/{id} offboards it"
            ),
        ),
        _ => error.into(),
    }
}

/// The record to offboard: of one that cannot be read, what is left of it.
pub(crate) async fn salvaged(app: &App, id: &str, error: StoreError) -> Result<TenantRecord, Problem> {
    if !matches!(error, StoreError::Broken { .. }) {
        return Err(error.into());
    }
    let Some(raw) = app.cp.store.raw(id).await? else { return Err(error.into()) };
    match (raw.salvaged, raw.unreadable) {
        (Some(salvaged), _) => Ok(salvaged.record),
        (None, Some(why)) => Err(Problem::conflict(format!(
            "The record of {id} says too little to offboard by: {why}. Restore it from a backup, or run the version of \
             this program that wrote it"
        ))),
        (None, None) => Err(error.into()),
    }
}
