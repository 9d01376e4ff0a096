//! Calls a router as a tenant's person would.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

/// A router, and the token to call it with; an empty one is not sent.
#[derive(Clone)]
pub struct Caller {
    pub router: Router,
    pub token: String,
}

const LARGEST: usize = 16 * 1024 * 1024;

impl Caller {
    /// The status, and the body as JSON; null where there is none.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost");
        if !self.token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let request = match body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let request = request.unwrap_or_else(|e| panic!("{method} {path} is no request: {e}"));
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let body = to_bytes(response.into_body(), LARGEST).await.unwrap_or_else(|e| panic!("the body broke off: {e}"));
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call("GET", path, None).await
    }
}
