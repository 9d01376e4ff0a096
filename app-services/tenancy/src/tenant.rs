//! The tenant of a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::{Map, Value};
use tenantry_contract::id::TenantId;
use tenantry_web::Problem;

/// Who is asking, as a verified token says. Nothing outside this crate can make one.
#[derive(Debug, Clone)]
pub struct Tenant(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    id: TenantId,
    name: String,
    tier: String,
    user: String,
    role: String,
}

/// The role that may manage a tenant's users.
const ADMIN: &str = "TenantAdmin";

impl Tenant {
    /// From the claims of a token whose tenant was checked to be `id`.
    pub(crate) fn from_claims(id: TenantId, claims: &Map<String, Value>) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self(Arc::new(Facts {
            id,
            name: text("custom:tenantName"),
            tier: text("custom:tenantTier"),
            user: text("cognito:username"),
            role: text("custom:userRole"),
        }))
    }

    pub fn id(&self) -> &TenantId {
        &self.0.id
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn tier(&self) -> &str {
        &self.0.tier
    }

    /// The name of the person who asks.
    pub fn user(&self) -> &str {
        &self.0.user
    }

    pub fn role(&self) -> &str {
        &self.0.role
    }

    pub fn is_admin(&self) -> bool {
        self.role() == ADMIN
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Tenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A route outside the frame has no tenant, and answers nobody.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "a route that needs a tenant is served without admission");
            Problem::internal()
        })
    }
}

/// A tenant whose person administers it; anybody else is answered 403.
#[derive(Debug, Clone)]
pub struct TenantAdmin(pub Tenant);

impl<S: Send + Sync> FromRequestParts<S> for TenantAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let tenant = Tenant::from_request_parts(parts, state).await?;
        if tenant.is_admin() { Ok(Self(tenant)) } else { Err(Problem::forbidden("Only a tenant's admin may do this.")) }
    }
}
