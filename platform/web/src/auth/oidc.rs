//! Tokens of issuers that are not shaped like Cognito, such as Keycloak and Auth0, for the admin API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{Algorithm, Issuer, SpeaksFor};

use super::claims::check_times;
use super::{AuthError, TokenUse, Verified};

/// An issuer of the provider's people and machines, as the operator configures it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OidcIssuer {
    /// A short name for it.
    pub name: PoolId,
    /// The `iss` of its tokens, character by character.
    pub url: String,
    pub jwks_url: String,
    /// What its tokens' `aud` must hold: this API, never a client. So no ID token is taken.
    pub audience: String,
    /// The clients whose tokens are taken.
    pub clients: Vec<ClientId>,
    /// Claims that say what a caller may do, such as `permissions`, `scope` or `realm_access.roles`.
    pub claims: Vec<String>,
    /// Which scopes each value of those claims grants. A value that is not here grants nothing.
    pub grants: BTreeMap<String, BTreeSet<String>>,
}

/// How the claims of an issuer's tokens are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimMap {
    audience: String,
    claims: Vec<String>,
    grants: BTreeMap<String, BTreeSet<String>>,
}

impl OidcIssuer {
    /// Everything wrong with it, a line each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut need = |good: bool, why: &str| {
            if !good {
                faults.push(format!("the issuer {}: {why}", self.name));
            }
        };
        let secure = |url: &str| url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
        need(secure(&self.url), "url must begin with https://");
        need(secure(&self.jwks_url), "jwksUrl must begin with https://");
        need(!self.audience.is_empty(), "audience must be set");
        need(self.clients.iter().all(|c| c.as_str() != self.audience), "audience must not be a client's id");
        need(!self.clients.is_empty(), "clients must name at least one");
        need(!self.claims.is_empty() && !self.grants.is_empty(), "claims and grants must say who may do what");
        faults
    }

    /// The issuer, where its keys are, and how its claims are read. Its tokens are signed with RS256.
    pub fn parts(self) -> (Issuer, String, ClaimMap) {
        let Self { name, url, jwks_url, audience, clients, claims, grants } = self;
        let issuer = Issuer {
            url,
            pool: name,
            speaks_for: SpeaksFor::Admins,
            algorithm: Algorithm::Rs256,
            user_clients: Vec::new(),
            machine_clients: clients,
        };
        (issuer, jwks_url, ClaimMap { audience, claims, grants })
    }
}

impl ClaimMap {
    pub(super) fn check(
        &self,
        issuer: Arc<Issuer>,
        claims: Map<String, Value>,
        now: Timestamp,
    ) -> Result<Verified, AuthError> {
        let expires = check_times(&claims, now)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        // Keycloak says of each token what it is.
        if text("typ").is_some_and(|kind| kind != "Bearer") {
            return Err(AuthError::Invalid("of no use we know"));
        }
        if !claims.get("aud").is_some_and(|aud| words(aud, false).contains(&self.audience.as_str())) {
            return Err(AuthError::Invalid("for another audience"));
        }
        let client = text("azp").or_else(|| text("client_id")).and_then(|id| ClientId::parse(id).ok());
        let client = client.filter(|id| issuer.machine_clients.contains(id));
        let client = client.ok_or(AuthError::Invalid("for another client"))?;
        let subject = text("sub").ok_or(AuthError::Invalid("no subject"))?.to_owned();
        let username = text("preferred_username").map(str::to_owned);
        let said = self.claims.iter().filter_map(|path| found(&claims, path)).flat_map(|value| words(value, true));
        let scopes = said.filter_map(|word| self.grants.get(word)).flatten().cloned().collect();
        let token_use = TokenUse::Access;
        Ok(Verified { issuer, token_use, subject, client, username, scopes, groups: Vec::new(), expires, claims })
    }
}

/// A claim by its whole name, which may have dots in it, or by the names on the way to it.
fn found<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    claims.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        found(claims.get(first)?.as_object()?, rest)
    })
}

/// The texts of a list; or one text, which may be several in a row.
fn words(value: &Value, cut: bool) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        Value::String(text) if cut => text.split_ascii_whitespace().collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    }
}
