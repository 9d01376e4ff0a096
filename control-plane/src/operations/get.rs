//! `GET /operations/{id}`

use axum::extract::State;
use tenantry_contract::id::OperationId;
use tenantry_web::{Json, Path, Problem};

use super::view::OperationView;
use crate::edge::answer::Data;
use crate::state::Shared;

/// Get an operation
#[utoipa::path(
    get,
    path = "/operations/{id}",
    tag = "Operations",
    operation_id = "getOperation",
    params(("id" = String, Path, description = "The operation's id")),
    responses((status = 200, description = "The operation", body = Data<OperationView>), (status = 404, description = "There is none")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.operation.get", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Data<OperationView>>, Problem> {
    let found = match OperationId::parse(id.as_str()) {
        Ok(id) => app.cp.store.operation(&id).await?,
        Err(_) => None,
    };
    let operation = found.ok_or_else(|| Problem::not_found(format!("Operation not found for id {id}")))?;
    Ok(Json(Data { data: operation.into() }))
}
