//! `DELETE /users/{id}`

use axum::extract::State;
use tenantry_web::{Json, Path, Problem};

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
        (status = 409, description = "It is the last administrator that is enabled"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.delete", skip_all)]
pub(crate) async fn handler(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Message>, Problem> {
    app.cp.admins.delete(&id).await?;
    Ok(Json(Message::text("User deleted")))
}
