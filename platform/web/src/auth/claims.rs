//! Claims of a token whose signature is right.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tenantry_contract::id::ClientId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::Issuer;

use super::{AuthError, TokenUse, Verified};

/// How far two machines' clocks may be apart.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// Whether a token that ends then has ended.
pub fn expired(expires: Timestamp, now: Timestamp) -> bool {
    now >= expires.plus(LEEWAY)
}

/// When a token that is good now ends.
pub fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, AuthError> {
    let expires = moment(claims, "exp")?.ok_or(AuthError::Invalid("no expiry"))?;
    if expired(expires, now) {
        return Err(AuthError::Invalid("expired"));
    }
    if moment(claims, "nbf")?.is_some_and(|from| from > now.plus(LEEWAY)) {
        return Err(AuthError::Invalid("not valid yet"));
    }
    Ok(expires)
}

pub fn check(issuer: Arc<Issuer>, claims: Map<String, Value>, now: Timestamp) -> Result<Verified, AuthError> {
    let expires = check_times(&claims, now)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (token_use, client, username) = match text("token_use") {
        Some("access") => (TokenUse::Access, text("client_id"), text("username")),
        Some("id") => (TokenUse::Id, text("aud"), text("cognito:username")),
        _ => return Err(AuthError::Invalid("of no use we know")),
    };
    let client = client
        .and_then(|id| ClientId::parse(id).ok())
        .filter(|id| known(&issuer, token_use, id))
        .ok_or(AuthError::Invalid("for another client"))?;
    let subject = text("sub").ok_or(AuthError::Invalid("no subject"))?.to_owned();
    let username = username.map(str::to_owned);
    let scopes = text("scope").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
    let groups = match claims.get("cognito:groups") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Verified { issuer, token_use, subject, client, username, scopes, groups, expires, claims })
}

/// Only people have ID tokens.
fn known(issuer: &Issuer, token_use: TokenUse, client: &ClientId) -> bool {
    issuer.user_clients.contains(client) || (token_use == TokenUse::Access && issuer.machine_clients.contains(client))
}

fn moment(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, AuthError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().ok_or(AuthError::Invalid("a time that is no whole number"))?;
    Ok(Some(Timestamp::from_millis(seconds.saturating_mul(1000))))
}
