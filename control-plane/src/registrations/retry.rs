//! `POST /tenant-registrations/{id}/retry`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tenantry_contract::lifecycle::{Begin, Refused};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::keys::{KeyUse, StoredAnswer};
use tenantry_ports::store::BeginOutcome;
use tenantry_web::{Caller, Path, Problem, TraceParent};

use super::create::Initiated;
use super::find;
use super::view::not_found;
use crate::edge::answer::Data;
use crate::edge::body::Unread;
use crate::edge::idempotency::{self, IdempotencyKey};
use crate::state::Shared;

/// Retry what failed
///
/// The next attempt of the onboarding or offboarding that failed last.
#[utoipa::path(
    post,
    path = "/tenant-registrations/{id}/retry",
    tag = "Registrations",
    operation_id = "retryRegistration",
    params(
        ("id" = String, Path, description = "The registration's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters"),
    ),
    responses(
        (status = 200, description = "It has begun again", body = Data<Initiated>),
        (status = 404, description = "There is none"),
        (status = 409, description = "Nothing failed"),
        (status = 422, description = "A bad key, or one used for another request"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.registration.retry", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    key: IdempotencyKey,
    trace: Option<TraceParent>,
    Unread(body): Unread,
) -> Result<Response, Problem> {
    const ROUTE: &str = "/tenant-registrations/{id}/retry";
    let record = find::by_id(&app, &id).await?;
    let budget = app.cp.budget(&record);
    let trace = trace.map(|trace| trace.to_string());
    let key = key.scoped(&caller, ROUTE, &id, &body).map(|key| KeyUse { key, answer: Arc::new(initiated) });
    match app.cp.store.begin(&record.registration_id, Begin::Retry, budget, trace, key).await? {
        BeginOutcome::Begun(record) | BeginOutcome::Unchanged(record) => Ok(idempotency::answer(initiated(&record))),
        BeginOutcome::Refused(why) => Err(refused(&why)),
        BeginOutcome::NotFound => Err(not_found(&id)),
        BeginOutcome::Replayed(stored) => Ok(idempotency::replay(stored)),
        BeginOutcome::KeyReused => Err(idempotency::reused()),
    }
}

/// 409, in the lifecycle's own words.
pub(super) fn refused(why: &Refused) -> Problem {
    Problem::conflict(why.to_string())
}

fn initiated(record: &TenantRecord) -> StoredAnswer {
    let data = Initiated {
        tenant_registration_id: record.registration_id.to_string(),
        tenant_id: record.tenant_id.to_string(),
        operation_id: record.operation.as_ref().map(|op| op.id.to_string()),
        message: "Tenant registration retry initiated".into(),
    };
    // Texts always serialize.
    StoredAnswer { status: 200, body: serde_json::to_vec(&Data { data }).unwrap_or_default() }
}
