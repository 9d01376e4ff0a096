//! Sending a request to where the tenant's service answers just now, and once more if that was not it.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;
use tenantry_ports::routes::Routes;
use tenantry_web::Problem;

use crate::body::{BodyError, ForwardBody, Outgoing};
use crate::connections::Connections;
use crate::headers::{Said, onward, strip_answer};
use crate::passing::Passing;

pub struct Upstream {
    routes: Arc<dyn Routes>,
    timeout: Duration,
    connect_timeout: Duration,
}

/// Whose service is meant.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub owner: &'a Owner,
    pub service: &'a ServiceName,
}

/// A request as it came, but for its body.
pub struct Came<'a> {
    pub parts: &'a Parts,
    pub path: &'a PathAndQuery,
    pub said: Said<'a>,
}

/// Why a try did not bring an answer.
enum Failed {
    /// Nobody there: nothing was sent.
    Unreached(io::Error),
    /// The connection ended before an answer; the request may have been seen.
    BrokenOff(hyper::Error),
    /// The client's own body was at fault.
    Body(BodyProblem),
    TimedOut,
}

enum BodyProblem {
    TooLarge(u64),
    Broken,
    Stalled,
}

/// When a service without a ready instance is worth asking again.
const SOON: Duration = Duration::from_secs(1);

impl Upstream {
    pub fn new(routes: Arc<dyn Routes>, timeout: Duration, connect_timeout: Duration) -> Self {
        Self { routes, timeout, connect_timeout }
    }

    pub async fn send(
        &self,
        target: Target<'_>,
        came: &Came<'_>,
        body: Option<Arc<Outgoing>>,
        connections: &Arc<Connections>,
    ) -> Result<Response<Passing>, Problem> {
        let mut again = false;
        loop {
            let Some(address) = self.routes.locate(target.owner, target.service).await? else {
                return Err(unavailable(target));
            };
            let Some(sending) = sending(body.as_ref()) else { return Err(unavailable(target)) };
            let answer = self.answer(address, request(came, sending), body.as_deref(), connections).await;
            let problem: fn(Target<'_>) -> Problem = match answer {
                Ok(response) if is_misdirected(&response) => unavailable,
                Ok(mut response) => {
                    strip_answer(response.headers_mut());
                    *response.version_mut() = Version::HTTP_11;
                    return Ok(response);
                }
                Err(Failed::Unreached(error)) => {
                    tracing::debug!(%error, service = %target.service, owner = %target.owner, "nobody answers");
                    unavailable
                }
                Err(Failed::BrokenOff(error)) => {
                    let may_repeat = body.is_none() && is_safe(&came.parts.method);
                    tracing::debug!(%error, service = %target.service, owner = %target.owner, "broken off");
                    if !may_repeat || again {
                        return Err(broken_off(target));
                    }
                    broken_off
                }
                Err(Failed::Body(fault)) => return Err(fault.problem()),
                Err(Failed::TimedOut) => return Err(timed_out(target)),
            };
            self.routes.forget(target.owner, target.service, address);
            if again {
                return Err(problem(target));
            }
            again = true;
        }
    }

    /// The head of an answer. The time a service has for it runs from the last the client sent.
    async fn answer(
        &self,
        address: SocketAddr,
        request: Request<ForwardBody>,
        body: Option<&Outgoing>,
        connections: &Arc<Connections>,
    ) -> Result<Response<Passing>, Failed> {
        let answer = self.exchange(address, request, connections);
        tokio::pin!(answer);
        let mut wait = self.timeout;
        loop {
            if let Ok(result) = tokio::time::timeout(wait, answer.as_mut()).await {
                return result;
            }
            let Some(body) = body else { return Err(Failed::TimedOut) };
            let left = self.timeout.saturating_sub(body.idle());
            if left.is_zero() {
                return Err(if body.ended() { Failed::TimedOut } else { Failed::Body(BodyProblem::Stalled) });
            }
            wait = left;
        }
    }

    /// Of a connection that was closed meanwhile another one takes the place: the request was not sent.
    async fn exchange(
        &self,
        address: SocketAddr,
        mut request: Request<ForwardBody>,
        connections: &Arc<Connections>,
    ) -> Result<Response<Passing>, Failed> {
        loop {
            let mut lease = connections.lease(address, self.connect_timeout).await.map_err(Failed::Unreached)?;
            match lease.send(request).await {
                Ok(response) => return Ok(response.map(|body| Passing::new(body, lease))),
                Err(mut error) => match error.take_message().filter(|_| lease.used) {
                    Some(unsent) => request = unsent,
                    None => return Err(failed(error.into_error())),
                },
            }
        }
    }
}

/// None if the body cannot be sent (again).
fn sending(body: Option<&Arc<Outgoing>>) -> Option<ForwardBody> {
    match body {
        None => Some(ForwardBody::None),
        Some(body) => body.sending().map(|sending| ForwardBody::Some(Box::new(sending))),
    }
}

fn request(came: &Came<'_>, body: ForwardBody) -> Request<ForwardBody> {
    let mut request = Request::new(body);
    *request.method_mut() = came.parts.method.clone();
    *request.headers_mut() = onward(&came.parts.headers, &came.said);
    *request.uri_mut() = Uri::from(came.path.clone());
    request
}

/// A tenant's own service says so to all other tenants: it stands where another service did a moment ago, a shared one
/// or another tenant's. Nothing was done with the request.
fn is_misdirected(response: &Response<Passing>) -> bool {
    response.status() == StatusCode::MISDIRECTED_REQUEST
}

fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

fn failed(error: hyper::Error) -> Failed {
    let mut source = error.source();
    while let Some(cause) = source {
        match cause.downcast_ref::<BodyError>() {
            Some(BodyError::TooLarge(limit)) => return Failed::Body(BodyProblem::TooLarge(*limit)),
            Some(BodyError::Client(_)) => return Failed::Body(BodyProblem::Broken),
            None => source = cause.source(),
        }
    }
    Failed::BrokenOff(error)
}

impl BodyProblem {
    fn problem(&self) -> Problem {
        match self {
            Self::TooLarge(limit) => tenantry_web::json::too_large(Some(*limit)),
            Self::Broken => Problem::bad_request("The body could not be read."),
            Self::Stalled => Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
        }
    }
}

/// Logged by who gives up, not by who tries again.
fn give_up(target: Target<'_>, problem: Problem, what: &'static str) -> Problem {
    tracing::warn!(service = %target.service, owner = %target.owner, "{what}");
    problem
}

fn unavailable(target: Target<'_>) -> Problem {
    let problem = Problem::unavailable(format!("The {} service is not available just now.", target.service));
    give_up(target, problem.retry_after(SOON), "no instance answers")
}

fn broken_off(target: Target<'_>) -> Problem {
    let problem = Problem::new(StatusCode::BAD_GATEWAY, format!("The {} service broke off.", target.service));
    give_up(target, problem, "a service broke off")
}

fn timed_out(target: Target<'_>) -> Problem {
    let message = format!("The {} service did not answer in time.", target.service);
    give_up(target, Problem::new(StatusCode::GATEWAY_TIMEOUT, message), "a service did not answer in time")
}
