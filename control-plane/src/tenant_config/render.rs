//! URLs are rendered when read: stores keep pool and client ids alone.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_contract::attributes::{CONFIG, as_config};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::PoolId;
use tenantry_contract::lifecycle::Amendment;
use tenantry_contract::record::TenantRecord;
use utoipa::ToSchema;

use crate::settings::Settings;

/// Where a tenant's users sign in, and where its API is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TenantConfig, example = json!({
    "userPoolId": "local_1a2b3c4d5", "appClientId": "3n4b5c6d7e", "apiGatewayUrl": "http://127.0.0.1:8081/",
    "issuer": "http://127.0.0.1:8080/local_1a2b3c4d5"
}))]
pub(crate) struct TenantConfigDoc {
    pub user_pool_id: String,
    pub app_client_id: String,
    /// Ends in a slash. Absent where no gateway runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub api_gateway_url: Option<String>,
    /// The OpenID Connect issuer of the tenant's users; ours say it, another application plane may not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    #[serde(flatten)]
    pub more: HashMap<String, Value>,
}

/// None until the tenant is provisioned.
pub(crate) fn rendered(record: &TenantRecord, settings: &Settings) -> Option<Map<String, Value>> {
    let mut config = record.tenant_config()?;
    // What another application plane wrote is its own affair.
    if record.placement == Placement::External {
        return Some(config);
    }
    if let Some(pool) = config.get("userPoolId").and_then(Value::as_str).and_then(|id| PoolId::parse(id).ok()) {
        config.insert("issuer".into(), settings.issuer(&pool).into());
    }
    match settings.gateway() {
        Some(url) => drop(config.insert("apiGatewayUrl".into(), url.into())),
        None => drop(config.remove("apiGatewayUrl")),
    }
    Some(config)
}

/// The same as JSON text, as `/tenants` has it. What another application plane wrote stays as it is, to the byte.
pub(crate) fn rendered_text(record: &TenantRecord, settings: &Settings) -> Option<String> {
    if record.placement == Placement::External {
        return None;
    }
    rendered(record, settings).map(|config| Value::Object(config).to_string())
}

/// Takes a `tenantConfig` out of an amendment that is what `/tenants` shows: a client may send back what it read.
pub(crate) fn take_shown(amendment: &mut Amendment, record: &TenantRecord, settings: &Settings) {
    if record.placement == Placement::External {
        return;
    }
    let shown = rendered(record, settings);
    for part in [&mut amendment.tenant, &mut amendment.registration].into_iter().flatten() {
        if shown.is_some() && part.get(CONFIG).and_then(as_config) == shown {
            part.0.remove(CONFIG);
        }
    }
}
