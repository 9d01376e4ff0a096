//! `GET /tenants/{id}`

use axum::extract::State;
use serde_json::{Map, Value};
use tenantry_contract::id::TenantId;
use tenantry_contract::record::TenantRecord;
use tenantry_web::{Json, Path, Problem};

use super::unreadable::explained;
use super::view::{TenantDoc, tenant};
use crate::edge::answer::Data;
use crate::state::{App, Shared};

/// Get a tenant
#[utoipa::path(
    get,
    path = "/tenants/{id}",
    tag = "Tenants",
    operation_id = "getTenant",
    params(("id" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "The tenant", body = Data<TenantDoc>), (status = 404, description = "There is none")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant.get", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Data<Map<String, Value>>>, Problem> {
    let record = find(&app, &id).await?;
    Ok(Json(Data { data: tenant(&record, &app.cp.settings) }))
}

pub(super) async fn find(app: &App, id: &str) -> Result<TenantRecord, Problem> {
    let found = match TenantId::parse(id) {
        Ok(tenant) => match app.cp.store.tenant(&tenant).await {
            Ok(found) => found,
            Err(error) => return Err(explained(app, id, error).await),
        },
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::not_found(format!("Tenant not found for id {id}")))
}
