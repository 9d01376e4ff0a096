//! `GET /openapi.json`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;

use crate::state::Shared;

/// Get this document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "About",
    operation_id = "getOpenApi",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = serde_json::Value)),
)]
pub(crate) async fn handler(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}
