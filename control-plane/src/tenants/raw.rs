//! `GET /tenants/{id}/raw`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tenantry_web::{Json, Path, Problem};
use utoipa::ToSchema;

use crate::edge::answer::Data;
use crate::state::Shared;

/// A record as the store keeps it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RawTenant)]
pub(crate) struct RawDoc {
    /// JSON in the store's own form, unless it is damaged.
    pub text: String,
    /// Why it cannot be read; absent if it can.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unreadable: Option<String>,
    /// Members that an offboarding leaves out, such as `tenant.note`.
    pub lost: Vec<String>,
}

/// Export a tenant's record
///
/// As it is kept, also when it cannot be read.
#[utoipa::path(
    get,
    path = "/tenants/{id}/raw",
    tag = "Tenants",
    operation_id = "getRawTenant",
    params(("id" = String, Path, description = "The tenant's id, or its registration's")),
    responses((status = 200, description = "The record", body = Data<RawDoc>), (status = 404, description = "There is none")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant.raw", skip_all)]
pub(crate) async fn handler(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Data<RawDoc>>, Problem> {
    let found = app.cp.store.raw(&id).await?;
    let raw = found.ok_or_else(|| Problem::not_found(format!("Tenant not found for id {id}")))?;
    let lost = raw.salvaged.map(|salvaged| salvaged.lost).unwrap_or_default();
    Ok(Json(Data { data: RawDoc { text: raw.text, unreadable: raw.unreadable, lost } }))
}
