//! The issuers over HTTP.

mod authorize;
mod client;
mod cognito;
mod cookies;
mod discovery;
mod errors;
mod login;
mod logout;
mod page;
mod token;
mod user_info;
mod users_api;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use http::Method;

pub use self::cookies::{CSRF_COOKIE, SESSION_COOKIE};
use super::Identity;

/// No request to an issuer is longer than this.
const BODY_LIMIT: usize = 32 * 1024;

/// Whether a request to a path may have a password checked, which is costly.
pub fn checks_password(method: &Method, path: &str) -> bool {
    method == Method::POST && (path == "/" || path.ends_with("/login"))
}

/// Everything under `/{pool}/…`, and Cognito's own protocol at `POST /`.
pub fn router(identity: Identity) -> Router {
    Router::new()
        .route("/{pool}/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{pool}/.well-known/jwks.json", get(discovery::keys))
        .route("/{pool}/oauth2/authorize", get(authorize::get))
        .route("/{pool}/oauth2/token", post(token::post))
        .route("/{pool}/oauth2/userInfo", get(user_info::answer).post(user_info::answer))
        .route("/{pool}/oauth2/revoke", post(token::revoke))
        .route("/{pool}/login", get(login::get).post(login::post))
        .route("/{pool}/logout", get(logout::get))
        .route("/", post(cognito::post))
        .route("/{pool}/admin/users/{tenant}", get(users_api::list).post(users_api::create))
        .route(
            "/{pool}/admin/users/{tenant}/{name}",
            get(users_api::get).put(users_api::update).delete(users_api::delete),
        )
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(identity)
}
