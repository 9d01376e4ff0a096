//! W3C trace context: read from a request, carried on in events.

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use tenantry_ports::ids::Ids;

/// A `traceparent` of version 00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    pub const HEADER: &'static str = "traceparent";

    /// A new trace, sampled.
    pub fn root(ids: &dyn Ids) -> Self {
        // Both at once, as randomness is a call to the system.
        let mut bits = [0; 24];
        ids.fill(&mut bits);
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&bits[..16]);
        span.copy_from_slice(&bits[16..]);
        // All zeros is the one value that means none.
        Self { trace: u128::from_be_bytes(trace).max(1), span: u64::from_be_bytes(span).max(1), flags: 1 }
    }

    /// The same trace, one span further in.
    #[must_use]
    pub fn child(self, ids: &dyn Ids) -> Self {
        Self { span: span(ids), ..self }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = u8::from_str_radix(hex(version, 2)?, 16).ok()?;
        // A later version may add parts; version ff is forbidden.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let trace = u128::from_str_radix(hex(trace, 32)?, 16).ok().filter(|id| *id != 0)?;
        let span = u64::from_str_radix(hex(span, 16)?, 16).ok().filter(|id| *id != 0)?;
        let flags = u8::from_str_radix(hex(flags, 2)?, 16).ok()?;
        Some(Self { trace, span, flags: flags & 1 })
    }

    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(Self::HEADER)?.to_str().ok()?)
    }

    /// The trace's id, for a log.
    pub fn trace_id(self) -> impl fmt::Display {
        Hex { digits: 32, value: self.trace }
    }

    /// The span's id.
    pub fn span_id(self) -> impl fmt::Display {
        Hex { digits: 16, value: self.span.into() }
    }
}

struct Hex {
    digits: usize,
    value: u128,
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0digits$x}", self.value, digits = self.digits)
    }
}

/// The header's text.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// The request's own span, where the listener is hardened or the client sent one.
impl<S: Send + Sync> FromRequestParts<S> for TraceParent {
    type Rejection = MissingTrace;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingTrace> {
        parts.extensions.get().copied().or_else(|| Self::from_headers(&parts.headers)).ok_or(MissingTrace)
    }
}

impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for TraceParent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().copied().or_else(|| Self::from_headers(&parts.headers)))
    }
}

/// A handler asked for a trace on a listener that gives none.
#[derive(Debug, thiserror::Error)]
#[error("no trace context")]
pub struct MissingTrace;

impl axum::response::IntoResponse for MissingTrace {
    fn into_response(self) -> axum::response::Response {
        crate::problem::Problem::internal().into_response()
    }
}

fn span(ids: &dyn Ids) -> u64 {
    let mut bits = [0; 8];
    ids.fill(&mut bits);
    u64::from_be_bytes(bits).max(1)
}

fn hex(text: &str, length: usize) -> Option<&str> {
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == length && plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counting;

    const SAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn text_and_back() {
        assert_eq!(TraceParent::parse(SAMPLE).unwrap().to_string(), SAMPLE);
    }

    #[test]
    fn a_child_keeps_the_trace_and_changes_the_span() {
        let parent = TraceParent::parse(SAMPLE).unwrap();
        let child = parent.child(&Counting::default());
        assert_eq!(child.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(child.to_string(), SAMPLE);
    }

    #[test]
    fn what_is_no_trace_context() {
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = SAMPLE.replacen("00-", "01-", 1) + "-more";
        assert!(TraceParent::parse(&later).is_some());
    }
}
