//! Which pool and which client a request is about, and whether the client is who it says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::super::pools::{Client, ClientKind, Pool};
use super::super::{Identity, pools, secret};
use super::errors::OAuthError;

pub(super) async fn pool(identity: &Identity, id: &str) -> Result<Pool, OAuthError> {
    let id = id.to_owned();
    let found = identity.0.db.read(move |conn| pools::find(conn, &id)).await;
    found
        .map_err(|e| OAuthError::from(tenantry_ports::identity::IdentityError::from(e)))?
        .ok_or(OAuthError::not_found())
}

/// What a client says of itself.
#[derive(Default)]
pub(super) struct Claimed {
    id: String,
    secret: Option<String>,
    by_header: bool,
}

impl Claimed {
    /// By Basic authentication or in the form, but not by both.
    pub(super) fn read(headers: &HeaderMap, id: Option<String>, secret: Option<String>) -> Result<Self, OAuthError> {
        let Some(header) = headers.get(AUTHORIZATION) else {
            let id = id.ok_or(OAuthError::new("invalid_request", "client_id is missing"))?;
            return Ok(Self { id, secret, by_header: false });
        };
        let refused = OAuthError::unauthorized("invalid_client", "the Authorization header is not Basic", BASIC);
        let Some(basic) = header.to_str().ok().and_then(basic) else { return Err(refused) };
        if secret.is_some() || id.is_some_and(|id| id != basic.0) {
            return Err(OAuthError::new("invalid_request", "the client says twice who it is"));
        }
        Ok(Self { id: basic.0, secret: Some(basic.1), by_header: true })
    }

    /// The client, if its secret is right, or if it has none and needs none.
    pub(super) async fn prove(self, identity: &Identity, pool: &Pool) -> Result<Client, OAuthError> {
        let (pool_id, id) = (pool.id.clone(), self.id);
        let found = identity.0.db.read(move |conn| pools::client(conn, &pool_id, &id)).await;
        let client = found.map_err(|e| OAuthError::from(tenantry_ports::identity::IdentityError::from(e)))?;
        let right = match (&client, &self.secret) {
            (Some(Client { secret_hash: Some(hash), .. }), Some(given)) => secret::same(&secret::digest(given), hash),
            (Some(Client { kind: ClientKind::People, secret_hash: None, .. }), given) => {
                given.as_deref().is_none_or(str::is_empty)
            }
            _ => false,
        };
        match client {
            Some(client) if right => Ok(client),
            _ if self.by_header => Err(OAuthError::unauthorized("invalid_client", WRONG, BASIC)),
            _ => Err(OAuthError::new("invalid_client", WRONG)),
        }
    }
}

const BASIC: &str = "Basic realm=\"token\"";
const WRONG: &str = "the client is not known, or its secret is wrong";

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |part: &str| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    Some((plain(id)?, plain(secret)?))
}

/// The scopes a client gets: what it asks for if it may, or all it may have if it asks for none.
pub(super) fn scopes(pool: &Pool, kind: ClientKind, asked: Option<&str>) -> Option<String> {
    let allowed = pool.scopes(kind);
    let mut granted: Vec<&str> = Vec::new();
    for scope in asked.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()) {
        if !allowed.contains(&scope) {
            return None;
        }
        if !granted.contains(&scope) {
            granted.push(scope);
        }
    }
    let granted = if granted.is_empty() { allowed.join(" ") } else { granted.join(" ") };
    (!granted.is_empty()).then_some(granted)
}
