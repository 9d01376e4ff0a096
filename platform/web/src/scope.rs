//! What a caller may do: every route declares its scope in one table.

mod guard;
mod policy;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::Method;
use http::request::Parts;

pub use self::guard::{Authorize, Guard, authorize};
pub use self::policy::{INITIATE_AUTH_SCOPE, SCOPES, SYSTEM_ADMIN, SYSTEM_VIEWER, ScopePolicy};
use crate::auth::Verified;
use crate::problem::Problem;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Callers with this scope.
    Scope(&'static str),
}

/// A line of a table of routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAccess {
    pub method: Method,
    /// As the router knows it, such as `/tenants/{id}`.
    pub path: &'static str,
    pub access: Access,
}

/// Who calls, on a route that is not public.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<Verified>);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a public route asked who calls");
            Problem::internal()
        })
    }
}
