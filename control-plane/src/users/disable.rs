//! `PUT` or `DELETE /users/{id}/disable`: SBT's document says one, its clients send the other.

use axum::extract::State;
use tenantry_web::{Caller, Json, Path, Problem};

use super::grant;
use super::view::not_found;
use crate::edge::answer::Message;
use crate::state::{App, Shared};

/// Keep a user from signing in
#[utoipa::path(
    put,
    path = "/users/{id}/disable",
    tag = "Users",
    operation_id = "disableUser",
    params(("id" = String, Path, description = "The user's name")),
    responses(
        (status = 200, description = "The user may not sign in", body = Message),
        (status = 403, description = "It is the caller, or has scopes that the caller lacks"),
        (status = 404, description = "There is none"),
        (status = 409, description = "It is the last administrator that is enabled"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.disable", skip_all)]
pub(crate) async fn by_put(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Message>, Problem> {
    disable(&app, &caller, &id).await
}

/// Keep a user from signing in
///
/// The same as with `PUT`.
#[utoipa::path(
    delete,
    path = "/users/{id}/disable",
    tag = "Users",
    operation_id = "disableUserByDelete",
    params(("id" = String, Path, description = "The user's name")),
    responses(
        (status = 200, description = "The user may not sign in", body = Message),
        (status = 403, description = "It is the caller, or has scopes that the caller lacks"),
        (status = 404, description = "There is none"),
        (status = 409, description = "It is the last administrator that is enabled"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.disable", skip_all)]
pub(crate) async fn by_delete(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Message>, Problem> {
    disable(&app, &caller, &id).await
}

async fn disable(app: &App, caller: &Caller, id: &str) -> Result<Json<Message>, Problem> {
    let admin = grant::other(app, caller, id, "changes their own state").await?;
    if app.cp.admins.set_enabled(&admin.name, false).await? {
        Ok(Json(Message::text("User disabled")))
    } else {
        Err(not_found(id))
    }
}
