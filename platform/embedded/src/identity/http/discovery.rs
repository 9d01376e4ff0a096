//! What clients and verifiers read before anything else.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

use super::super::Identity;
use super::client::pool;
use super::errors::OAuthError;

pub(super) async fn configuration(
    State(identity): State<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Value>, OAuthError> {
    let pool = pool(&identity, &id).await?;
    let issuer = identity.url_of(&pool.id);
    Ok(Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userInfo"),
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "scopes_supported": ["openid", "email", "profile"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "email", "email_verified",
            "cognito:username", "cognito:groups",
        ],
        "authorization_response_iss_parameter_supported": true,
    })))
}

pub(super) async fn keys(State(identity): State<Identity>, Path(id): Path<String>) -> Result<Response, OAuthError> {
    let pool = pool(&identity, &id).await?;
    let keys = identity.published_keys(&pool.id).await?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, keys).into_response())
}
