//! The frame around a service's routes: health for everybody, everything else for tenants.

use std::sync::Arc;

use axum::routing::get;
use axum::{Router, middleware};
use serde_json::json;
use tenantry_contract::name::ServiceName;
use tenantry_web::{HttpOptions, Json, Problem, harden};

use crate::admission::{Admission, admit};

pub struct Frame {
    pub service: ServiceName,
    pub admission: Admission,
    pub http: HttpOptions,
}

impl Frame {
    /// Admits tenants to the routes, also to those that do not exist, so that a stranger learns nothing; and adds
    /// `/{service}/health`.
    pub fn around(self, routes: Router) -> Router {
        let admission = Arc::new(self.admission);
        let routes = routes
            .fallback(async || Problem::not_found("Not found."))
            .layer(middleware::from_fn_with_state(admission, admit));
        let health =
            Router::new().route(&format!("/{}/health", self.service), get(async || Json(json!({ "status": "ok" }))));
        harden(health.merge(routes), self.http)
    }
}
