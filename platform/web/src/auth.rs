//! Who is calling: tokens of the issuers we know, and of nobody else.

mod bearer;
mod bucket;
mod claims;
mod jwks;
mod keys;
mod oidc;
mod token;
mod verifier;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use serde_json::{Map, Value};
use tenantry_contract::id::ClientId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{IdentityError, Issuer};

pub use self::bearer::bearer;
pub use self::oidc::{ClaimMap, OidcIssuer};
pub use self::verifier::Verifier;
use crate::problem::{Problem, chain};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenUse {
    Access,
    Id,
}

/// What a token that was checked says.
#[derive(Clone)]
pub struct Verified {
    pub issuer: Arc<Issuer>,
    pub token_use: TokenUse,
    pub subject: String,
    pub client: ClientId,
    pub username: Option<String>,
    /// As the token carries them; what they grant is a [`crate::ScopePolicy`]'s to say.
    pub scopes: BTreeSet<String>,
    pub groups: Vec<String>,
    pub expires: Timestamp,
    pub claims: Map<String, Value>,
}

impl Verified {
    /// Whether the token is a person's.
    pub fn is_user(&self) -> bool {
        self.issuer.user_clients.contains(&self.client)
    }

    /// A claim that is a text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }
}

/// No claims: they hold personal data, and logs must not.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("issuer", &self.issuer.url)
            .field("token_use", &self.token_use)
            .field("client", &self.client)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Why a request has no caller.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("no token was sent")]
    Missing,
    /// Why the token is not valid, without a word from the token itself.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    #[error("the token could not be checked")]
    Unavailable(#[source] IdentityError),
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match &error {
            AuthError::Missing => Self::unauthorized("A bearer token is needed."),
            AuthError::Invalid(why) => {
                tracing::debug!(why, "a token was refused");
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                Self::unauthorized("The token is not valid.").header(WWW_AUTHENTICATE, challenge)
            }
            AuthError::Unavailable(_) => {
                tracing::warn!(error = chain(&error), "answered 503");
                Self::unavailable("Tokens cannot be checked just now. Try again.").retry_after(Duration::from_secs(1))
            }
        }
    }
}
