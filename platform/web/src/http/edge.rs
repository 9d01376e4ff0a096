//! The outermost layer.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use super::cors::Cors;
use super::latency::Latency;
use super::request_id::{HEADER, RequestId};
use super::{HttpOptions, body, host, path};
use crate::problem::Problem;
use crate::trace::TraceParent;

/// Marks an answer that is somebody else's, such as one a gateway forwards: nothing in it is rewritten.
#[derive(Debug, Clone, Copy)]
pub struct AsIs;

pub struct Edge {
    options: HttpOptions,
    cors: Cors,
    latency: Latency,
}

impl Edge {
    pub fn new(options: HttpOptions) -> Self {
        let cors = Cors::new(&options.cors_origins);
        Self { options, cors, latency: Latency::new() }
    }

    /// Everything between a request as it came and the router.
    async fn admit(&self, mut request: Request) -> Result<Request, Problem> {
        host::check(&request, &self.options)?;
        if let Some(uri) = path::collapsed(request.uri()) {
            *request.uri_mut() = uri;
        }
        body::limit(request, self.options.body_limit).await
    }

    async fn answer(&self, request: Request, next: Next) -> Response {
        let origin = self.cors.allowed(request.headers());
        let mut response = if Cors::is_preflight(&request) {
            match host::check(&request, &self.options) {
                Ok(()) => Cors::preflight(request.headers(), origin.as_ref()),
                Err(problem) => problem.into_response(),
            }
        } else {
            match self.admit(request).await {
                Ok(request) => self.in_time(request, next).await,
                Err(problem) => problem.into_response(),
            }
        };
        self.cors.mark(response.headers_mut(), origin);
        response
    }

    async fn in_time(&self, request: Request, next: Next) -> Response {
        let answered = tokio::time::timeout(self.options.timeout, next.run(request)).await;
        answered.unwrap_or_else(|_| {
            tracing::warn!("no answer in time");
            Problem::unavailable("This took too long. Try again.").retry_after(self.options.timeout).into_response()
        })
    }
}

pub async fn run(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let _in_flight = edge.latency.begin();
    let ids = edge.options.ids.as_ref();
    let trace = TraceParent::from_headers(request.headers()).map_or_else(|| TraceParent::root(ids), |t| t.child(ids));
    let id = RequestId::of(request.headers(), trace);
    let method = request.method().clone();
    let span = tracing::info_span!(
        "http.request",
        %method,
        route = Empty,
        status = Empty,
        request_id = id.as_str(),
        trace_id = %trace.trace_id(),
    );
    request.extensions_mut().insert(trace);
    request.extensions_mut().insert(id.clone());
    let response = edge.answer(request, next).instrument(span.clone()).await;
    let mut response = complete(response, &method, &id);
    response.headers_mut().insert(HEADER, id.header());
    let (status, took) = (response.status(), began.elapsed());
    span.record("status", status.as_u16());
    span.in_scope(|| tracing::debug!(ms = took.as_secs_f64() * 1000.0, "answered"));
    let route = response.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    edge.latency.record(&method, route, status, took);
    response
}

/// Adds the request's id to a problem document, and makes one where a router only gave a status.
fn complete(mut response: Response, method: &Method, id: &RequestId) -> Response {
    if response.extensions().get::<AsIs>().is_some() {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if bare(&response) => unanswered(response.status(), method),
        None => return response,
    };
    let (mut head, _) = response.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_TYPE, crate::problem::PROBLEM_JSON);
    let body = if method == Method::HEAD { Vec::new() } else { problem.render(Some(id.as_str())) };
    Response::from_parts(head, body.into())
}

fn bare(response: &Response) -> bool {
    let unanswered = matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    unanswered && !response.headers().contains_key(CONTENT_TYPE) && response.body().size_hint().exact() == Some(0)
}

fn unanswered(status: StatusCode, method: &Method) -> Problem {
    let message = match status {
        StatusCode::METHOD_NOT_ALLOWED => format!("{method} is not possible here."),
        _ => "Nothing is here.".to_owned(),
    };
    Problem::new(status, message)
}
