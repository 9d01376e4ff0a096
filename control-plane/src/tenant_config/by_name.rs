//! `GET /tenant-config/{tenantName}`

use axum::extract::State;
use serde_json::{Map, Value};
use tenantry_contract::name::TenantName;
use tenantry_web::{Json, Path, Problem};

use super::answer;
use super::limit::Spared;
use super::render::TenantConfigDoc;
use crate::state::{App, Shared};

/// Get a tenant's configuration by its name
#[utoipa::path(
    get,
    path = "/tenant-config/{tenantName}",
    tag = "Tenant configuration",
    operation_id = "getTenantConfig",
    params(("tenantName" = String, Path, description = "The tenant's name")),
    responses(
        (status = 200, description = "The configuration, bare", body = TenantConfigDoc),
        (status = 404, description = "There is no such tenant, or not yet, or no more"),
        (status = 429, description = "Too many requests from one address"),
        (status = 503, description = "It cannot be read just now"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant_config.by_name", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    _: Spared,
    Path(name): Path<String>,
) -> Result<Json<Map<String, Value>>, Problem> {
    named(&app, &name).await.map(Json)
}

pub(super) async fn named(app: &App, name: &str) -> Result<Map<String, Value>, Problem> {
    let found = match TenantName::parse(name) {
        Ok(name) => app.cp.store.tenant_named(&name).await?,
        Err(_) => None,
    };
    answer(app, found.as_ref(), name)
}
