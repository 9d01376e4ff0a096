//! `PUT /users/{id}/enable`

use axum::extract::State;
use tenantry_web::{Caller, Json, Path, Problem};

use super::grant;
use super::view::not_found;
use crate::edge::answer::Message;
use crate::state::Shared;

/// Let a user sign in again
#[utoipa::path(
    put,
    path = "/users/{id}/enable",
    tag = "Users",
    operation_id = "enableUser",
    params(("id" = String, Path, description = "The user's name")),
    responses(
        (status = 200, description = "The user may sign in", body = Message),
        (status = 403, description = "It is the caller, or has scopes that the caller lacks"),
        (status = 404, description = "There is none"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.enable", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Message>, Problem> {
    let admin = grant::other(&app, &caller, &id, "changes their own state").await?;
    if app.cp.admins.set_enabled(&admin.name, true).await? {
        Ok(Json(Message::text("User enabled")))
    } else {
        Err(not_found(&id))
    }
}
