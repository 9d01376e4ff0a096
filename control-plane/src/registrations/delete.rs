//! `DELETE /tenant-registrations/{id}`

use axum::extract::State;
use tenantry_contract::lifecycle::Begin;
use tenantry_ports::store::BeginOutcome;
use tenantry_web::{Json, Path, Problem, TraceParent};

use super::find;
use super::retry::refused;
use super::view::not_found;
use crate::edge::answer::{Data, Message};
use crate::edge::body::Unread;
use crate::edge::idempotency::reused;
use crate::meters;
use crate::state::Shared;

/// Offboard a tenant
///
/// It is no longer active at once; what it has is removed, and it stays listed as `Deleted`. A tenant that is
/// being removed already, or has been, gets the same answer. A body is ignored.
#[utoipa::path(
    delete,
    path = "/tenant-registrations/{id}",
    tag = "Registrations",
    operation_id = "deleteRegistration",
    params(("id" = String, Path, description = "The registration's id, or its tenant's")),
    responses(
        (status = 200, description = "It has begun", body = Data<Message>),
        (status = 404, description = "There is none"),
        (status = 409, description = "Not now"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.registration.delete", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
    trace: Option<TraceParent>,
    // Taken off the wire, so that the connection can be used again.
    _body: Unread,
) -> Result<Json<Data<Message>>, Problem> {
    let record = find::to_offboard(&app, &id).await?;
    let budget = app.cp.budget(&record);
    let trace = trace.map(|trace| trace.to_string());
    match app.cp.store.begin(&record.registration_id, Begin::Offboard, budget, trace, None).await? {
        BeginOutcome::Begun(_) => {
            if record.open_operation().is_some() {
                meters::superseded();
            }
            Ok(initiated())
        }
        BeginOutcome::Unchanged(_) => Ok(initiated()),
        BeginOutcome::Refused(why) => Err(refused(&why)),
        BeginOutcome::NotFound => Err(not_found(&id)),
        // No key was given.
        BeginOutcome::Replayed(_) | BeginOutcome::KeyReused => Err(reused()),
    }
}

fn initiated() -> Json<Data<Message>> {
    Json(Data { data: Message::text("Tenant registration deletion initiated") })
}
