//! Sending a request to where the tenant's service answers just now, and once more if that was not it.

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

use crate::body::{ForwardBody, Outgoing};
use crate::connections::Connections;
use crate::fault::{BodyProblem, Failed, broken_off, timed_out, unavailable};
use crate::headers::{Said, onward, strip_answer};
use crate::passing::Passing;

pub struct Upstream {
    routes: Arc<dyn Routes>,
    patience: Patience,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The head of an answer, from the last that the client sent.
    pub answer: Duration,
    /// All of a body.
    pub body: Duration,
    pub connect: Duration,
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

impl Upstream {
    pub fn new(routes: Arc<dyn Routes>, patience: Patience) -> Self {
        Self { routes, patience }
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
                // Nobody asked it to speak another protocol.
                Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => return Err(broken_off(target)),
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
        let mut wait = self.patience.answer;
        loop {
            if let Ok(result) = tokio::time::timeout(wait, answer.as_mut()).await {
                return result;
            }
            let Some(body) = body else { return Err(Failed::TimedOut) };
            let left = self.patience.answer.saturating_sub(body.idle());
            let left = if body.ended() { left } else { left.min(self.patience.body.saturating_sub(body.age())) };
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
            let mut lease = connections.lease(address, self.patience.connect).await.map_err(Failed::Unreached)?;
            match lease.send(request).await {
                Ok(response) => return Ok(response.map(|body| Passing::new(body, lease))),
                Err(mut error) => match error.take_message().filter(|_| lease.used) {
                    Some(unsent) => request = unsent,
                    None => return Err(Failed::of(error.into_error())),
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
