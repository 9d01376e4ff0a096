//! `GET /users`

use axum::extract::State;
use tenantry_web::{Json, Problem};

use super::view::UserView;
use crate::edge::answer::List;
use crate::edge::page::Params;
use crate::state::Shared;

const LIST: &str = "/users";

/// Cognito's own limit.
const MOST: usize = 60;

/// List users
#[utoipa::path(
    get,
    path = "/users",
    tag = "Users",
    operation_id = "listUsers",
    params(
        ("limit" = Option<u32>, Query, description = "How many at most; 10 unless said", minimum = 1, maximum = 60),
        ("next_token" = Option<String>, Query, description = "Of the page before; an empty one is none"),
    ),
    responses((status = 200, description = "A page", body = List<UserView>), (status = 422, description = "A bad limit or token")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.list", skip_all)]
pub(crate) async fn handler(State(app): State<Shared>, params: Params) -> Result<Json<List<UserView>>, Problem> {
    let page = params.page(&app.cursors, LIST, "", MOST)?;
    let page = app.cp.admins.list(page).await?;
    Ok(List::new(page.map(UserView::from), &app.cursors, LIST, ""))
}
