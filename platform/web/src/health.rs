//! `/healthz` and `/readyz`: whether the process lives, and whether it wants requests.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::sync::watch;

use crate::json::Json;
use crate::problem::Problem;

/// Paths that load balancers probe by address, so that their `Host` says nothing.
pub const PROBES: [&str; 2] = ["/healthz", "/readyz"];

pub fn health_router(ready: watch::Receiver<bool>) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(ready)
}

async fn healthz() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

async fn readyz(State(ready): State<watch::Receiver<bool>>) -> Response {
    if *ready.borrow() {
        Json(json!({ "status": "ready" })).into_response()
    } else {
        Problem::unavailable("Not ready.").into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;

    async fn status(router: &Router, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn readiness_follows_the_switch_and_health_does_not() {
        let (switch, ready) = watch::channel(false);
        let router = health_router(ready);
        assert_eq!(status(&router, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&router, "/healthz").await, StatusCode::OK);
        switch.send(true).unwrap();
        assert_eq!(status(&router, "/readyz").await, StatusCode::OK);
        switch.send(false).unwrap();
        assert_eq!(status(&router, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&router, "/healthz").await, StatusCode::OK);
    }
}
