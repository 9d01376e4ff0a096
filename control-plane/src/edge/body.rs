//! A JSON body: its bytes, for a key's digest, and one parse of them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use serde_json::error::Category;
use serde_json::{Map, Value};
use tenantry_contract::attributes::TOO_DEEP;
use tenantry_web::Problem;
use tenantry_web::json::read;

use super::faults::fault;
use super::nesting;

/// The body of a request that must be JSON.
pub(crate) struct Body(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let message = "The body must be JSON, with content-type: application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        read(request, state).await.map(Self)
    }
}

/// A body where none is asked for: whatever its type.
pub(crate) struct Unread(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Unread {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read(request, state).await.map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let Some((main, sub)) = kind.split_once('/') else { return false };
    main.eq_ignore_ascii_case("application")
        && (sub.eq_ignore_ascii_case("json") || sub.to_ascii_lowercase().ends_with("+json"))
}

/// The reader stops at 128 levels. Its error has no kind of its own for that.
fn is_recursion(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

impl Body {
    /// Every body of this API is an object.
    pub fn object(&self) -> Result<Map<String, Value>, Problem> {
        serde_json::from_slice(&self.0).map_err(|error| match error.classify() {
            Category::Data => fault("body", "must be a JSON object"),
            _ if is_recursion(&error) => fault(nesting::deepest_member(&self.0), TOO_DEEP),
            _ => {
                Problem::bad_request(format!("The body is not JSON: line {}, column {}", error.line(), error.column()))
            }
        })
    }

    /// Small bodies cannot hold attributes that are too large, and need no measuring.
    pub fn is_small(&self) -> bool {
        // A number may be printed several times as long as it was sent.
        self.0.len() < tenantry_contract::attributes::MAX_CLIENT_BYTES / 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        let with = |kind: &str| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]));
        assert!(with("application/json"));
        assert!(with("Application/JSON; charset=utf-8"));
        assert!(with("application/merge-patch+json"));
        assert!(!with("text/plain") && !with("application/x-www-form-urlencoded") && !with("json"));
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn arrays_and_texts_are_no_objects() {
        for (body, status) in [("[]", 422), ("\"x\"", 422), ("{", 400), ("", 400), ("{\"a\":1}x", 400)] {
            let problem = Body(Bytes::from(body)).object().unwrap_err();
            assert_eq!(axum::response::IntoResponse::into_response(problem).status(), status, "{body}");
        }
    }
}
