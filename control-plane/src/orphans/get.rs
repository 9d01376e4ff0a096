//! `GET /orphans/{id}`

use axum::extract::State;
use tenantry_web::{Json, Path, Problem};

use super::find;
use super::view::OrphanView;
use crate::edge::answer::Data;
use crate::state::Shared;

/// Get an orphan
#[utoipa::path(
    get,
    path = "/orphans/{id}",
    tag = "Orphans",
    operation_id = "getOrphan",
    params(("id" = String, Path, description = "The orphan's id")),
    responses(
        (status = 200, description = "The orphan", body = Data<OrphanView>),
        (status = 404, description = "There is none: it is gone, or an inventory names it by now"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.orphan.get", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Data<OrphanView>>, Problem> {
    Ok(Json(Data { data: find(&app, &id).await?.into() }))
}
