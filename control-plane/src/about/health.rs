//! `GET /healthz` and `GET /readyz`

use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tenantry_web::problem::chain;
use tenantry_web::{Json, Problem};
use utoipa::ToSchema;

use crate::state::Shared;

/// A probe waits no longer for the store.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct Health {
    pub status: String,
}

/// Whether the process lives
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "About",
    operation_id = "getHealth",
    responses((status = 200, description = "It lives", body = Health)),
)]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok".into() })
}

/// Whether the process wants requests
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "About",
    operation_id = "getReadiness",
    responses(
        (status = 200, description = "It does", body = Health),
        (status = 503, description = "It starts, stops, or its store does not answer"),
    ),
)]
pub(crate) async fn readyz(State(app): State<Shared>) -> Result<Json<Health>, Problem> {
    if !*app.cp.ready.borrow() {
        return Err(Problem::unavailable("Not ready."));
    }
    match tokio::time::timeout(PATIENCE, app.cp.store.ping()).await {
        Ok(Ok(())) => Ok(Json(Health { status: "ready".into() })),
        Ok(Err(error)) => {
            tracing::warn!(error = %chain(&error), "not ready: the store does not answer");
            Err(Problem::unavailable("The store does not answer."))
        }
        Err(_) => Err(Problem::unavailable("The store does not answer in time.")),
    }
}
