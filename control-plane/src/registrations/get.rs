//! `GET /tenant-registrations/{id}`

use axum::extract::State;
use serde_json::{Map, Value};
use tenantry_web::{Json, Path, Problem};

use super::find;
use super::view::{self, RegistrationDoc};
use crate::edge::answer::Data;
use crate::state::Shared;

/// Get a registration
#[utoipa::path(
    get,
    path = "/tenant-registrations/{id}",
    tag = "Registrations",
    operation_id = "getRegistration",
    params(("id" = String, Path, description = "The registration's id, or its tenant's")),
    responses((status = 200, description = "The registration", body = Data<RegistrationDoc>), (status = 404, description = "There is none")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.registration.get", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Data<Map<String, Value>>>, Problem> {
    let record = find::by_either_id(&app, &id).await?;
    Ok(Json(Data { data: view::registration(&record) }))
}
