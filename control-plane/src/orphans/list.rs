//! `GET /orphans`

use axum::extract::State;
use tenantry_web::{Json, Problem};

use super::view::OrphanView;
use crate::edge::answer::List;
use crate::edge::page::{MOST, PageDoc, Params};
use crate::state::Shared;

const LIST: &str = "/orphans";

/// List orphans
///
/// Things that carry this stage's tags and that no inventory names. One that holds data stays until an operator
/// removes it; one that holds none goes by itself after an hour.
#[utoipa::path(
    get,
    path = "/orphans",
    tag = "Orphans",
    operation_id = "listOrphans",
    params(PageDoc),
    responses(
        (status = 200, description = "A page", body = List<OrphanView>),
        (status = 422, description = "A bad limit or token"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.orphan.list", skip_all)]
pub(crate) async fn handler(State(app): State<Shared>, params: Params) -> Result<Json<List<OrphanView>>, Problem> {
    let page = params.page(&app.cursors, LIST, "", MOST)?;
    let page = app.cp.orphans.orphans(page).await?;
    Ok(List::new(page.map(OrphanView::from), &app.cursors, LIST, ""))
}
