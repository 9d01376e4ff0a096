//! A compact JWS taken apart. Nothing in it is to be believed before its signature is checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_ports::identity::Algorithm;

use super::AuthError;

/// No token of ours or Cognito's is near it.
const LONGEST: usize = 16 * 1024;

/// A token that has the form of one.
pub struct Token<'a> {
    pub algorithm: Named,
    pub kid: String,
    pub claims: Map<String, Value>,
    pub message: &'a str,
    pub signature: &'a str,
}

/// The algorithm a header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Pinnable(Algorithm),
    /// `none`, a symmetric one, or one that no issuer is pinned to.
    Other,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    pub fn parse(text: &'a str) -> Result<Self, AuthError> {
        const SHAPE: AuthError = AuthError::Invalid("not a token");
        if text.len() > LONGEST {
            return Err(AuthError::Invalid("too long"));
        }
        let (message, signature) = text.rsplit_once('.').ok_or(SHAPE)?;
        let (header, payload) = message.split_once('.').ok_or(SHAPE)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| SHAPE)?;
        if header.crit.is_some() {
            return Err(AuthError::Invalid("an extension we do not know"));
        }
        let algorithm = match header.alg.as_str() {
            "ES256" => Named::Pinnable(Algorithm::Es256),
            "RS256" => Named::Pinnable(Algorithm::Rs256),
            _ => Named::Other,
        };
        let kid = header.kid.ok_or(AuthError::Invalid("no key id"))?;
        let claims = serde_json::from_slice(&decode(payload)?).map_err(|_| SHAPE)?;
        Ok(Self { algorithm, kid, claims, message, signature })
    }

    pub fn issuer(&self) -> Result<&str, AuthError> {
        self.claims.get("iss").and_then(Value::as_str).ok_or(AuthError::Invalid("no issuer"))
    }
}

fn decode(part: &str) -> Result<Vec<u8>, AuthError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthError::Invalid("not a token"))
}
