//! Errors as each protocol words them. A failure of ours is logged here, once.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tenantry_ports::error::Retry;
use tenantry_ports::identity::IdentityError;

/// An OAuth error as RFC 6749 words it.
pub(super) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
    challenge: Option<&'static str>,
}

impl OAuthError {
    pub(super) const fn new(code: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, description, challenge: None }
    }

    pub(super) const fn unauthorized(code: &'static str, description: &'static str, scheme: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code, description, challenge: Some(scheme) }
    }

    /// The token is a good one, and does not allow this.
    pub(super) const fn forbidden(code: &'static str, description: &'static str, scheme: &'static str) -> Self {
        Self { status: StatusCode::FORBIDDEN, code, description, challenge: Some(scheme) }
    }

    pub(super) const fn not_found() -> Self {
        let description = "there is no such user pool";
        Self { status: StatusCode::NOT_FOUND, code: "not_found", description, challenge: None }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "error_description": self.description });
        let mut answer = (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if let Some(challenge) = self.challenge {
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        answer
    }
}

impl From<IdentityError> for OAuthError {
    fn from(error: IdentityError) -> Self {
        let status = failure(&error).0;
        let description = "the issuer cannot answer now";
        Self { status, code: "server_error", description, challenge: None }
    }
}

/// The status of a failure of ours, and when to come again.
pub(super) fn failure(error: &IdentityError) -> (StatusCode, Option<u64>) {
    tracing::error!(error = error as &dyn std::error::Error, "the issuer failed");
    match error.retryable() {
        Retry::After(wait) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait.as_secs().max(1))),
        Retry::Never => (StatusCode::INTERNAL_SERVER_ERROR, None),
    }
}

/// The same for callers that read plain JSON.
pub(super) fn failed(error: &IdentityError) -> Response {
    let (status, again) = failure(error);
    let mut answer = (status, Json(json!({ "message": "the issuer cannot answer now" }))).into_response();
    if let Some(again) = again {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(again));
    }
    answer
}
