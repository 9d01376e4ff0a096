//! The crate from outside, one file a part.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too")]

#[path = "web/support.rs"]
mod support;

#[path = "web/bad_tokens.rs"]
mod bad_tokens;
#[path = "web/connections.rs"]
mod connections;
#[path = "web/http.rs"]
mod http;
#[path = "web/json.rs"]
mod json;
#[path = "web/logs.rs"]
mod logs;
#[path = "web/metrics.rs"]
mod metrics;
#[path = "web/oidc.rs"]
mod oidc;
#[path = "web/remote_issuers.rs"]
mod remote_issuers;
#[path = "web/scope.rs"]
mod scope;
#[path = "web/serve.rs"]
mod serve;
#[path = "web/verifier.rs"]
mod verifier;
