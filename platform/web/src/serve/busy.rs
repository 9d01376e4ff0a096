//! An answer that keeps its connection busy until it is sent, and the refusal when there is no room for a request.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderValue, Response};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, SizeHint};

use super::connections::BusyGuard;
use crate::problem::Problem;

const RETRY: Duration = Duration::from_secs(1);

/// The body of an answer. Its connection is busy until hyper drops it.
pub(super) struct AnswerBody<B> {
    body: Either<Full<Bytes>, B>,
    _busy: BusyGuard,
}

/// A service's answer.
pub(super) fn answer<B>(response: Response<B>, busy: BusyGuard) -> Response<AnswerBody<B>> {
    response.map(|body| AnswerBody { body: Either::Right(body), _busy: busy })
}

/// 503 to a request other than for health, when there is no room for its connection.
pub(super) fn refusal<B>(busy: BusyGuard) -> Response<AnswerBody<B>> {
    let problem = Problem::unavailable("Too many connections are open. Try again.").retry_after(RETRY);
    let document = problem.render(None);
    let (mut parts, _) = problem.into_response().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let body = Either::Left(Full::new(document.into()));
    Response::from_parts(parts, AnswerBody { body, _busy: busy })
}

impl<B> Body for AnswerBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
