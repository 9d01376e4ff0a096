//! A tenant as clients see it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_contract::record::TenantRecord;
use utoipa::ToSchema;

use crate::settings::Settings;
use crate::tenant_config;

/// A tenant: ours are these members, the others are what was sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tenant, example = json!({
    "tenantId": "0199e1a0-5a3e-7c62-9d0b-0f2b66d1c0de", "tenantRegistrationId": "0199e1a0-5a3e-7c62-9d0b-0f3c1f5b7a11",
    "tenantName": "acme", "email": "ada@example.com", "tier": "basic",
    "registrationStatus": "Created", "sbtaws_active": true,
    "tenantConfig": "{\"userPoolId\":\"local_1a2b3c4d5\",\"appClientId\":\"3n4b5c6d\",\"apiGatewayUrl\":\"http://127.0.0.1:8081/\"}"
}))]
pub(crate) struct TenantDoc {
    pub tenant_id: String,
    pub tenant_registration_id: String,
    pub tenant_name: String,
    pub email: String,
    /// As it was sent.
    pub tier: String,
    /// The registration's, such as `In progress` or `Created`.
    pub registration_status: String,
    /// False from the moment an offboarding begins.
    #[serde(rename = "sbtaws_active")]
    pub active: bool,
    /// JSON text; there once the tenant is provisioned. `/tenant-config` has it as an object.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tenant_config: Option<String>,
    #[serde(flatten)]
    pub sent: HashMap<String, Value>,
}

pub(crate) fn tenant(record: &TenantRecord, settings: &Settings) -> Map<String, Value> {
    let mut view = record.tenant_view();
    view.insert("registrationStatus".into(), record.shown_status().into());
    if let Some(config) = tenant_config::rendered_text(record, settings) {
        view.insert("tenantConfig".into(), config.into());
    }
    view
}
