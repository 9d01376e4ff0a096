//! From a bearer token to a tenant, by what the token's issuer may speak for.

use http::HeaderMap;
use tenantry_contract::id::TenantId;
use tenantry_ports::identity::SpeaksFor;
use tenantry_web::auth::bearer;
use tenantry_web::{Problem, TokenUse, Verified, Verifier};

/// Whom a valid token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    pub tenant: TenantId,
    /// Its issuer is the one that pooled tenants share.
    pub pooled: bool,
}

pub async fn identify(verifier: &Verifier, headers: &HeaderMap) -> Result<Spoken, Problem> {
    let token = verifier.verify(bearer(headers)?).await?;
    spoken(&token)
}

fn spoken(verified: &Verified) -> Result<Spoken, Problem> {
    let issuer = &verified.issuer;
    let pooled = match &issuer.speaks_for {
        SpeaksFor::Admins => return Err(Problem::forbidden("This token is no tenant's.")),
        SpeaksFor::Pooled => true,
        SpeaksFor::Tenant(_) => false,
    };
    if verified.token_use != TokenUse::Id {
        return Err(Problem::forbidden("An ID token is required here."));
    }
    if !verified.is_user() {
        return Err(mismatch());
    }
    let claim = verified.text("custom:tenantId").ok_or_else(mismatch)?;
    let tenant = match &issuer.speaks_for {
        SpeaksFor::Tenant(own) if own.as_str() != claim => return Err(mismatch()),
        _ => TenantId::parse(claim).map_err(|_| mismatch())?,
    };
    Ok(Spoken { tenant, pooled })
}

/// The issuer may not speak for that tenant, whatever its signature says. The token is a good one, and asking for
/// another would change nothing: that is 403, and never the 401 at which an application signs its people in again.
pub fn mismatch() -> Problem {
    Problem::forbidden("The token may not speak for that tenant.")
}
