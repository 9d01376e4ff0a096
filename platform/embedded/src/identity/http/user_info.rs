//! Who an access token speaks for.

use axum::Json;
use axum::extract::{Path, State};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::super::{Identity, tokens};
use super::client::pool;
use super::errors::OAuthError;

pub(super) async fn answer(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, OAuthError> {
    let pool = pool(&identity, &id).await?;
    let refused =
        || OAuthError::unauthorized("invalid_token", "the access token is not good", "Bearer error=\"invalid_token\"");
    let token = bearer(&headers).ok_or_else(refused)?;
    let bearer = identity.bearer(&pool, token).await?.ok_or_else(refused)?;
    if !bearer.scope.split(' ').any(|scope| scope == "openid") {
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"openid\"";
        return Err(OAuthError::forbidden("insufficient_scope", "the access token lacks the scope openid", challenge));
    }
    let mut claims = tokens::profile(&bearer.user);
    claims.insert("sub".to_owned(), json!(bearer.user.sub));
    claims.insert("username".to_owned(), json!(bearer.user.username()));
    Ok(Json(Value::Object(claims)))
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
