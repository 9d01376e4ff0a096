//! Who may come in: a tenant's person, by an ID token of the one issuer this service trusts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_ports::identity::SpeaksFor;
use tenantry_web::auth::bearer;
use tenantry_web::{Problem, TokenUse, Verified, Verifier};

use crate::tenant::Tenant;

pub struct Admission {
    verifier: Arc<Verifier>,
    owner: Owner,
}

impl Admission {
    /// For a service of that owner.
    pub fn new(verifier: Arc<Verifier>, owner: Owner) -> Self {
        Self { verifier, owner }
    }

    async fn tenant(&self, headers: &HeaderMap) -> Result<Tenant, Problem> {
        let token = bearer(headers)?;
        self.check_address(token)?;
        let verified = self.verifier.verify(token).await?;
        let id = self.speaks_for(&verified).ok_or_else(|| Problem::forbidden("The token allows nothing here."))?;
        Ok(Tenant::from_claims(id, &verified.claims))
    }

    /// Before anything else: a caller that reached another tenant's service is told so, and looks again. The claim
    /// is read unverified; it decides on a refusal only.
    fn check_address(&self, token: &str) -> Result<(), Problem> {
        let Owner::Tenant(own) = &self.owner else { return Ok(()) };
        match claimed_tenant(token) {
            Some(other) if other != own.as_str() => {
                Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "This service is not that tenant's."))
            }
            _ => Ok(()),
        }
    }

    /// The token's tenant, if its issuer may speak for it and this service serves it.
    fn speaks_for(&self, verified: &Verified) -> Option<TenantId> {
        let issuer = &verified.issuer;
        if verified.token_use != TokenUse::Id || !verified.is_user() {
            return None;
        }
        let claim = verified.text("custom:tenantId")?;
        let id = TenantId::parse(claim).ok()?;
        let here = match (&self.owner, &issuer.speaks_for) {
            (Owner::Stage, SpeaksFor::Pooled) => true,
            (Owner::Tenant(own), SpeaksFor::Tenant(theirs)) => *own == id && *theirs == id,
            _ => false,
        };
        here.then_some(id)
    }
}

/// Middleware: the tenant goes with the request, or the request goes no further.
pub(crate) async fn admit(State(admission): State<Arc<Admission>>, mut request: Request, next: Next) -> Response {
    match admission.tenant(request.headers()).await {
        Ok(tenant) => {
            request.extensions_mut().insert(tenant);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn claimed_tenant(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        #[serde(rename = "custom:tenantId")]
        tenant: String,
    }
    let payload = token.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
    Some(serde_json::from_slice::<Claims>(&json).ok()?.tenant)
}
