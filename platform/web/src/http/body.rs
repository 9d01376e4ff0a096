//! The limit on bodies.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use futures::StreamExt;
use http_body_util::Limited;

use crate::json::too_large;
use crate::problem::Problem;

/// A client that is still sending would not hear our answer; so much we read and throw away for it.
const DRAINED: usize = 8 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The limit on a request's body, as an extension of the request.
#[derive(Debug, Clone, Copy)]
struct BodyLimit(u64);

/// How many bytes the body of a request may have, where its listener says so.
pub fn limit_of(request: &Request) -> Option<u64> {
    request.extensions().get::<BodyLimit>().map(|limit| limit.0)
}

/// Refuses a body that says it is too large, and cuts one off that turns out to be.
pub async fn limit(mut request: Request, limit: u64) -> Result<Request, Problem> {
    let size = request.body().size_hint();
    if size.lower() > limit {
        drain(request.into_body()).await;
        return Err(too_large(Some(limit)));
    }
    if size.upper().is_some_and(|upper| upper <= limit) {
        return Ok(request);
    }
    request.extensions_mut().insert(BodyLimit(limit));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(request.map(|body| Body::new(Limited::new(body, limit))))
}

async fn drain(body: Body) {
    let reading = async {
        let mut chunks = body.into_data_stream();
        let mut read = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            read += chunk.len();
            if read > DRAINED {
                return;
            }
        }
    };
    // Whether it came to its end in time or not, the answer is the same.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}
