//! What goes back: a service's answer as it streams in, or one of our own.

use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{Either, Full};
use tenantry_web::Problem;

use crate::passing::Passing;

pub type GatewayBody = Either<Passing, Full<Bytes>>;

pub fn own(status: StatusCode, body: impl Into<Bytes>) -> Response<GatewayBody> {
    let mut response = Response::new(Either::Right(Full::new(body.into())));
    *response.status_mut() = status;
    response
}

/// A problem document that names the request.
pub fn problem(problem: Problem, request_id: &HeaderValue) -> Response<GatewayBody> {
    let document = problem.render(request_id.to_str().ok());
    let (mut parts, _) = problem.into_response().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Either::Right(Full::new(document.into())))
}
