//! What a request leaves in the log, and what it must not.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use serde_json::json;
use tenantry_ports::store::StoreError;
use tenantry_web::{Access, Problem, RouteAccess, ScopePolicy, authorize, harden};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Stand, claims, options, request, send};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

static TABLE: [RouteAccess; 1] =
    [RouteAccess { method: http::Method::GET, path: "/tenants/{id}", access: Access::Scope("tenant/tenant_read") }];

#[tokio::test]
async fn a_request_is_traced_without_its_secrets() {
    let log = Log::default();
    let lines = tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    let _for_now = tracing::subscriber::set_default(lines.finish());

    let stand = Stand::new();
    let store = async || Problem::from(StoreError::unavailable("it is asleep", "the disk is slow"));
    let router = Router::new().route("/tenants/{id}", get(store));
    let verifier = Arc::clone(&stand.verifier);
    let router = harden(router.route_layer(authorize(&TABLE, verifier, ScopePolicy::default())), options());
    let token = stand.token(&claims(json!({ "email": "ada@example.com" })));
    let spoilt = token.replace('.', ".x");
    for token in [&token, &spoilt] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("x-request-id", "req-1")];
        send(&router, request("GET", "/tenants/t-77?code=query-secret", &headers)).await;
    }

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for said in ["\"http.request\"", "req-1", "/tenants/{id}", "it is asleep: the disk is slow", "\"status\":503"] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let signature = token.rsplit('.').next().unwrap();
    for secret in [token.as_str(), spoilt.as_str(), signature, "query-secret", "ada@example.com", "t-77"] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
    assert_eq!(text.matches("it is asleep").count(), 1, "logged once");
}
