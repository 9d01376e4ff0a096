//! `x-request-id`: taken from the client if it is one, else our own.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::trace::TraceParent;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// A request's id; handlers find it among the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub(super) fn of(headers: &HeaderMap, trace: TraceParent) -> Self {
        let sent = headers.get(HEADER).filter(|value| fits(value.as_bytes())).cloned();
        let own = || HeaderValue::try_from(trace.span_id().to_string()).unwrap_or(HeaderValue::from_static("none"));
        Self(sent.unwrap_or_else(own))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// It goes into logs and answers: nothing that could break either.
fn fits(text: &[u8]) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
