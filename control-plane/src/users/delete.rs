//! `DELETE /users/{id}`

use axum::extract::State;
use http::StatusCode;
use tenantry_web::{Caller, Json, Path, Problem};

use super::grant;
use crate::edge::answer::Message;
use crate::state::Shared;

/// Delete a user
///
/// One that is not there gets the same answer.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    tag = "Users",
    operation_id = "deleteUser",
    params(("id" = String, Path, description = "The user's name")),
    responses(
        (status = 200, description = "It is gone", body = Message),
        (status = 403, description = "It is the caller, or has scopes that the caller lacks"),
        (status = 409, description = "It is the last administrator that is enabled"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.delete", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Message>, Problem> {
    match grant::other(&app, &caller, &id, "deletes themselves").await {
        Ok(admin) => app.cp.admins.delete(&admin.name).await.map(drop)?,
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {}
        Err(problem) => return Err(problem),
    }
    Ok(Json(Message::text("User deleted")))
}
