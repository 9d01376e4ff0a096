//! A registration as clients see it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_contract::record::TenantRecord;
use utoipa::ToSchema;

/// A registration: ours are these members, the others are what was sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Registration, example = json!({
    "tenantRegistrationId": "0199e1a0-5a3e-7c62-9d0b-0f3c1f5b7a11", "tenantId": "0199e1a0-5a3e-7c62-9d0b-0f2b66d1c0de",
    "registrationStatus": "Created", "sbtaws_active": true
}))]
pub(crate) struct RegistrationDoc {
    pub tenant_registration_id: String,
    pub tenant_id: String,
    /// `In progress`, `Created`, `Failed`, `Deleting`, `Deleted` or `Deactivated`; of an external tenant in the case
    /// that its application plane wrote it in.
    pub registration_status: String,
    /// False from the moment an offboarding begins.
    #[serde(rename = "sbtaws_active")]
    pub active: bool,
    #[serde(flatten)]
    pub sent: HashMap<String, Value>,
}

pub(crate) fn registration(record: &TenantRecord) -> Map<String, Value> {
    record.registration_view()
}

/// What a client is told of a route's path.
pub(crate) fn not_found(id: &str) -> tenantry_web::Problem {
    tenantry_web::Problem::not_found(format!("Tenant registration not found for id {id}"))
}
