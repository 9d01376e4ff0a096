//! The token endpoint, and revocation.

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::pools::{Client, ClientKind, Pool};
use super::super::tokens::{Redeemed, Tokens};
use super::super::{Identity, TOKEN_LIFETIME};
use super::client::{Claimed, pool, scopes};
use super::errors::OAuthError;

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
}

const NO_FORM: OAuthError = OAuthError::new("invalid_request", "the body is not a form, or names a member twice");

pub(super) async fn post(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Response, OAuthError> {
    let pool = pool(&identity, &id).await?;
    let Form(form) = form.map_err(|_| NO_FORM)?;
    let Some(grant_type) = &form.grant_type else {
        return Err(OAuthError::new("invalid_request", "grant_type is missing"));
    };
    let client =
        Claimed::read(&headers, form.client_id.clone(), form.client_secret.clone())?.prove(&identity, &pool).await?;
    match (grant_type.as_str(), client.kind) {
        ("client_credentials", ClientKind::Machine) => machine(&identity, &pool, &client, form.scope.as_deref()).await,
        ("authorization_code", ClientKind::People) => code(&identity, &pool, &client, &form).await,
        ("refresh_token", ClientKind::People) => refresh(&identity, &pool, &client, &form).await,
        ("client_credentials" | "authorization_code" | "refresh_token", _) => {
            Err(OAuthError::new("unauthorized_client", "the client may not use this grant_type"))
        }
        _ => Err(OAuthError::new("unsupported_grant_type", "the grant_type is not known")),
    }
}

async fn machine(
    identity: &Identity,
    pool: &Pool,
    client: &Client,
    asked: Option<&str>,
) -> Result<Response, OAuthError> {
    let scope = scopes(pool, client.kind, asked)
        .ok_or(OAuthError::new("invalid_scope", "the client may not have one of the scopes"))?;
    let access = identity.machine_token(pool, &client.id, &scope).await?;
    Ok(answer(Tokens { access, id: None, refresh: None }))
}

async fn code(identity: &Identity, pool: &Pool, client: &Client, form: &TokenRequest) -> Result<Response, OAuthError> {
    let (Some(code), Some(redirect), Some(verifier)) = (&form.code, &form.redirect_uri, &form.code_verifier) else {
        return Err(OAuthError::new("invalid_request", "code, redirect_uri and code_verifier are all needed"));
    };
    match identity.redeem(pool, &client.id, code, redirect, verifier).await? {
        Redeemed::Tokens(tokens) => Ok(answer(tokens)),
        Redeemed::Invalid(why) => Err(OAuthError::new("invalid_grant", why)),
    }
}

async fn refresh(
    identity: &Identity,
    pool: &Pool,
    client: &Client,
    form: &TokenRequest,
) -> Result<Response, OAuthError> {
    let Some(token) = &form.refresh_token else {
        return Err(OAuthError::new("invalid_request", "refresh_token is missing"));
    };
    let tokens = identity.refresh(pool, &client.id, token).await?;
    tokens.map(answer).ok_or(OAuthError::new("invalid_grant", "the refresh token is not good any more"))
}

fn answer(tokens: Tokens) -> Response {
    let mut body = Map::new();
    body.insert("access_token".to_owned(), json!(tokens.access));
    body.insert("token_type".to_owned(), json!("Bearer"));
    body.insert("expires_in".to_owned(), json!(TOKEN_LIFETIME.as_secs()));
    for (name, token) in [("id_token", tokens.id), ("refresh_token", tokens.refresh)] {
        if let Some(token) = token {
            body.insert(name.to_owned(), json!(token));
        }
    }
    ([(CACHE_CONTROL, "no-store")], Json(Value::Object(body))).into_response()
}

#[derive(Deserialize)]
pub(super) struct RevokeRequest {
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// RFC 7009: the answer does not say whether there was such a token.
pub(super) async fn revoke(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<RevokeRequest>, FormRejection>,
) -> Result<StatusCode, OAuthError> {
    let pool = pool(&identity, &id).await?;
    let Form(form) = form.map_err(|_| NO_FORM)?;
    let client = Claimed::read(&headers, form.client_id, form.client_secret)?.prove(&identity, &pool).await?;
    let token = form.token.ok_or(OAuthError::new("invalid_request", "token is missing"))?;
    identity.revoke(&pool, &client.id, &token).await?;
    Ok(StatusCode::OK)
}
