//! `GET /users/{id}`

use axum::extract::State;
use tenantry_web::{Json, Path, Problem};

use super::view::{UserView, not_found};
use crate::edge::answer::Data;
use crate::state::Shared;

/// Get a user
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "Users",
    operation_id = "getUser",
    params(("id" = String, Path, description = "The user's name")),
    responses((status = 200, description = "The user", body = Data<UserView>), (status = 404, description = "There is none")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.get", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Data<UserView>>, Problem> {
    let admin = app.cp.admins.get(&id).await?.ok_or_else(|| not_found(&id))?;
    Ok(Json(Data { data: admin.into() }))
}
