//! `Idempotency-Key`: the same request twice is done once and answered twice.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use tenantry_ports::keys::{Key, StoredAnswer};
use tenantry_web::Caller;
use tenantry_web::Problem;

use super::faults::fault;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key a client sent, if it sent one.
pub(crate) struct IdempotencyKey(Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(sent) = parts.headers.get(KEY) else { return Ok(Self(None)) };
        let text = sent.to_str().ok().filter(|text| (1..=255).contains(&text.len()) && !text.contains('\t'));
        match text {
            Some(text) => Ok(Self(Some(text.to_owned()))),
            None => Err(fault("Idempotency-Key", "must be 1 to 255 printable characters")),
        }
    }
}

impl IdempotencyKey {
    /// The key in its scope, which names the issuer too: two of them may each have a client of one id. The path is part of
    /// the request: the same words to another registration are another request.
    pub fn scoped(self, caller: &Caller, route: &str, path: &str, body: &[u8]) -> Option<Key> {
        let key = self.0?;
        let mut digest = Sha256::new();
        digest.update((path.len() as u64).to_be_bytes());
        digest.update(path.as_bytes());
        digest.update(body);
        // The issuer by its pool: a local one's address may change with its port.
        let (issuer, client) = (&caller.0.issuer.pool, &caller.0.client);
        Some(Key { scope: format!("{issuer} {client} {route} {key}"), request: digest.finalize().into() })
    }
}

/// The answer that was given the first time, and a word that it is the same one.
pub(crate) fn replay(stored: StoredAnswer) -> Response {
    let mut response = answer(stored);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// An answer as it is kept under a key.
pub(crate) fn answer(stored: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], stored.body).into_response()
}

pub(crate) fn reused() -> Problem {
    fault("Idempotency-Key", "was used before for another request; take a fresh one")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parse(key: &[u8]) -> Result<IdempotencyKey, Problem> {
        let value = HeaderValue::from_bytes(key).unwrap();
        let (mut parts, ()) = http::Request::builder().header(KEY, value).body(()).unwrap().into_parts();
        IdempotencyKey::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn a_key_is_printable_and_not_too_long() {
        assert!(parse(b"a b~!").await.is_ok());
        assert!(parse(&[b'x'; 255]).await.is_ok());
        for bad in [&b""[..], &[b'x'; 256], b"a\tb", b"\xc3\xa9"] {
            assert!(parse(bad).await.is_err(), "{bad:?}");
        }
    }
}
