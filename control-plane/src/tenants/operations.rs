//! `GET /tenants/{id}/operations`

use axum::extract::State;
use tenantry_web::{Json, Path, Problem};

use super::get::find;
use crate::edge::answer::List;
use crate::edge::page::{MOST, PageDoc, Params};
use crate::operations::view::OperationView;
use crate::state::Shared;

const LIST: &str = "/tenants/{id}/operations";

/// List a tenant's operations
///
/// The newest comes first.
#[utoipa::path(
    get,
    path = "/tenants/{id}/operations",
    tag = "Operations",
    operation_id = "listTenantOperations",
    params(("id" = String, Path, description = "The tenant's id"), PageDoc),
    responses(
        (status = 200, description = "A page", body = List<OperationView>),
        (status = 404, description = "There is no such tenant"),
        (status = 422, description = "A bad limit or token"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant.operations", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<List<OperationView>>, Problem> {
    let page = params.page(&app.cursors, LIST, &id, MOST)?;
    let tenant = find(&app, &id).await?;
    let page = app.cp.store.operations(&tenant.tenant_id, page).await?;
    Ok(List::new(page.map(OperationView::from), &app.cursors, LIST, &id))
}
