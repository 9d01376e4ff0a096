//! `DELETE /orphans/{id}`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tenantry_web::{Json, Path, Problem};

use super::view::OrphanView;
use super::{find, not_found};
use crate::edge::answer::Data;
use crate::state::Shared;

/// Remove an orphan
///
/// The provisioner removes it, with the data it holds, if no inventory names it by then. The answer says what it was.
#[utoipa::path(
    delete,
    path = "/orphans/{id}",
    tag = "Orphans",
    operation_id = "removeOrphan",
    params(("id" = String, Path, description = "The orphan's id")),
    responses(
        (status = 202, description = "Its removal is requested", body = Data<OrphanView>),
        (status = 404, description = "There is none: it is gone, or an inventory names it by now"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.orphan.remove", skip_all)]
pub(crate) async fn handler(State(app): State<Shared>, Path(id): Path<String>) -> Result<Response, Problem> {
    let known = find(&app, &id).await?;
    let orphan = app.cp.orphans.request_orphan_removal(&known.id).await?.ok_or_else(|| not_found(&id))?;
    tracing::info!(orphan = %orphan.id, owner = %orphan.owner, resource = %orphan.resource, native = orphan.native, "an orphan's removal is requested");
    let body = Json(Data { data: OrphanView::from(orphan) });
    Ok((StatusCode::ACCEPTED, body).into_response())
}
