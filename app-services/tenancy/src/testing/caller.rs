//! Calls a router as a tenant's person would.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LINK};
use http::response::Parts;
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
        let (parts, body) = self.answer(method, path, body).await;
        (parts.status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The whole answer.
    pub async fn answer(&self, method: &str, path: &str, body: Option<Value>) -> (Parts, Bytes) {
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
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, LARGEST).await.unwrap_or_else(|e| panic!("the body broke off: {e}"));
        (parts, body)
    }

    /// Every page of a list, from the one at the path on, as its `Link` headers lead.
    pub async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let (mut pages, mut next) = (Vec::new(), path.to_owned());
        let list = path.split('?').next().unwrap_or_default();
        loop {
            let (parts, body) = self.answer("GET", &next, None).await;
            assert_eq!(parts.status, StatusCode::OK, "{next}");
            pages.push(serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{path} is no list: {e}")));
            let Some(link) = parts.headers.get(LINK) else { return pages };
            let link = link.to_str().unwrap_or_else(|e| panic!("{link:?} is no text: {e}"));
            let query = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            next = format!("{list}{}", query.unwrap_or_else(|| panic!("{link} names no next page")));
        }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call("GET", path, None).await
    }
}
