//! What every HTTP part shares: token verification, scopes, problem documents, the outer layers of a listener,
//! an orderly end, telemetry. It knows no route and no adapter.

pub mod auth;
pub mod extract;
pub mod health;
pub mod http;
pub mod json;
pub mod lifecycle;
pub mod metrics;
pub mod problem;
pub mod remote_issuers;
pub mod scope;
pub mod serve;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod trace;

pub use self::auth::{AuthError, ClaimMap, OidcIssuer, TokenUse, Verified, Verifier};
pub use self::extract::{Path, Query};
pub use self::health::health_router;
pub use self::http::{HttpOptions, harden};
pub use self::json::Json;
pub use self::lifecycle::Lifecycle;
pub use self::problem::Problem;
pub use self::remote_issuers::{AnyIssuers, RemoteIssuers};
pub use self::scope::{Access, Caller, RouteAccess, ScopePolicy, authorize};
pub use self::serve::{Connection, ConnectionLimits, ConnectionListener, serve, serve_connection, serve_with};
pub use self::trace::TraceParent;
