//! `POST /tenant-registrations`

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::keys::{KeyUse, StoredAnswer};
use tenantry_ports::store::Registered;
use tenantry_web::{Caller, Problem, TraceParent};
use utoipa::ToSchema;

use super::new;
use crate::edge::answer::Data;
use crate::edge::body::Body;
use crate::edge::idempotency::{self, IdempotencyKey};
use crate::meters;
use crate::state::Shared;

#[derive(ToSchema)]
#[schema(as = NewRegistration, rename_all = "camelCase", example = json!({
    "tenantData": {"tenantName": "acme", "email": "ada@example.com", "tier": "basic"},
    "tenantRegistrationData": {"registrationStatus": "In progress"}
}))]
#[expect(dead_code, reason = "it documents what `new` parses")]
pub(crate) struct Request {
    tenant_data: NewTenantDoc,
    /// Kept and returned. A `registrationStatus` in it must be a known one, and is otherwise ignored.
    tenant_registration_data: Option<HashMap<String, Value>>,
}

/// Any other member is kept and returned.
#[derive(ToSchema)]
#[schema(as = NewTenant, rename_all = "camelCase")]
#[expect(dead_code, reason = "it documents what `new` parses")]
struct NewTenantDoc {
    /// Unique among tenants that are not deleted.
    #[schema(pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    tenant_name: String,
    /// Where the tenant's first user gets the one-time password. Unique among pooled tenants.
    #[schema(format = "email")]
    email: String,
    /// A tier of the catalogue, in any case.
    tier: String,
    prices: Option<Value>,
    /// `"true"` or `"false"`, as text or boolean. True is for tiers of placement `external` alone.
    use_federation: Option<Value>,
    /// `"true"` or `"false"`, as text or boolean. True is for tiers of placement `external` alone.
    use_ec2: Option<Value>,
    /// Passed on to another application plane, `"true"` if it was not sent. Ours has a gateway in its place.
    use_r_proxy: Option<Value>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegistrationInitiated)]
pub(crate) struct Initiated {
    pub tenant_registration_id: String,
    pub tenant_id: String,
    /// The onboarding, to be followed at `/operations/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    pub message: String,
}

/// Register a tenant
///
/// Begins its onboarding and answers at once; follow it at `/operations/{operationId}` or `/events/stream`.
#[utoipa::path(
    post,
    path = "/tenant-registrations",
    tag = "Registrations",
    operation_id = "createRegistration",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same request with the same key is done once and answered twice")),
    request_body = Request,
    responses(
        (status = 201, description = "It has begun", body = Data<Initiated>),
        (status = 409, description = "The name or the e-mail is taken"),
        (status = 422, description = "Fields break rules; all of them are named"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.registration.create", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    caller: Caller,
    key: IdempotencyKey,
    trace: Option<TraceParent>,
    body: Body,
) -> Result<Response, Problem> {
    const PATH: &str = "/tenant-registrations";
    let new = new::parse(&body, &app.cp.catalogue, trace.map(|t| t.to_string()))?;
    let key = key.scoped(&caller, PATH, PATH, &body.0).map(|key| KeyUse { key, answer: Arc::new(initiated) });
    match app.cp.store.register(new, key).await? {
        Registered::New(record) => {
            meters::registered();
            Ok(idempotency::answer(initiated(&record)))
        }
        Registered::Replayed(stored) => Ok(idempotency::replay(stored)),
        Registered::KeyReused => Err(idempotency::reused()),
        Registered::NameTaken => Err(taken("tenantData.tenantName", "is taken by another tenant")),
        Registered::EmailTaken => Err(taken("tenantData.email", "is taken by another tenant's admin")),
    }
}

pub(crate) fn taken(field: &str, rule: &str) -> Problem {
    Problem::conflict(format!("{field} {rule}")).field(field, rule)
}

fn initiated(record: &TenantRecord) -> StoredAnswer {
    let data = Initiated {
        tenant_registration_id: record.registration_id.to_string(),
        tenant_id: record.tenant_id.to_string(),
        operation_id: record.operation.as_ref().map(|op| op.id.to_string()),
        message: "Tenant registration initiated".into(),
    };
    // Texts always serialize.
    StoredAnswer { status: 201, body: serde_json::to_vec(&Data { data }).unwrap_or_default() }
}
