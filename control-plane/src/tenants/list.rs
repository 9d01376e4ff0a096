//! `GET /tenants`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_web::{Json, Problem};
use utoipa::ToSchema;

use super::unreadable::{UnreadableDoc, line};
use super::view::{TenantDoc, tenant};
use crate::edge::answer::List;
use crate::edge::page::{MOST, PageDoc, Params};
use crate::state::Shared;

const LIST: &str = "/tenants";

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TenantLine)]
enum TenantLine {
    Tenant(TenantDoc),
    Unreadable(UnreadableDoc),
}

/// List tenants
///
/// In a stable order that is not specified; deleted ones are among them.
#[utoipa::path(
    get,
    path = "/tenants",
    tag = "Tenants",
    operation_id = "listTenants",
    params(PageDoc),
    responses((status = 200, description = "A page", body = List<TenantLine>), (status = 422, description = "A bad limit or token")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant.list", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    params: Params,
) -> Result<Json<List<Map<String, Value>>>, Problem> {
    let page = params.page(&app.cursors, LIST, "", MOST)?;
    let page = app.cp.store.tenants(page).await?;
    Ok(List::new(page.map(|one| line(one, |record| tenant(record, &app.cp.settings))), &app.cursors, LIST, ""))
}
