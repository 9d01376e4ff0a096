//! The layer that holds every request against the table.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use tenantry_ports::identity::SpeaksFor;
use tower::{Layer, Service};

use super::{Access, Caller, RouteAccess, ScopePolicy};
use crate::auth::{TokenUse, Verified, Verifier, bearer};
use crate::problem::Problem;

/// A layer for `Router::route_layer`: only routes that exist are asked about, so an unknown one stays a 404.
#[derive(Clone)]
pub struct Authorize(Arc<Rules>);

struct Rules {
    table: HashMap<&'static str, Vec<(Method, Access)>>,
    verifier: Arc<Verifier>,
    policy: ScopePolicy,
}

/// Lets a request pass if the table says so, with its [`Caller`] as an extension.
pub fn authorize(table: &'static [RouteAccess], verifier: Arc<Verifier>, policy: ScopePolicy) -> Authorize {
    let mut by_path: HashMap<&'static str, Vec<(Method, Access)>> = HashMap::new();
    for line in table {
        by_path.entry(line.path).or_default().push((line.method.clone(), line.access));
    }
    Authorize(Arc::new(Rules { table: by_path, verifier, policy }))
}

impl Rules {
    async fn admit(&self, request: &mut Request) -> Result<(), Problem> {
        let Access::Scope(scope) = self.access(request)? else { return Ok(()) };
        let caller = self.verifier.verify(bearer(request.headers())?).await?;
        if !is_admins_access_token(&caller) {
            return Err(Problem::forbidden("This kind of token is not for this API."));
        }
        if !self.policy.allows(&caller, scope) {
            return Err(under_scoped(scope));
        }
        request.extensions_mut().insert(Caller(caller));
        Ok(())
    }

    fn access(&self, request: &Request) -> Result<Access, Problem> {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        // A router answers HEAD by its GET.
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let Some(lines) = path.and_then(|path| self.table.get(path)) else {
            tracing::error!(%method, path, "a route is missing from the table of scopes");
            return Err(Problem::internal());
        };
        // A layer cannot see whether the router has such a method; what is not in the table is not served.
        let line = lines.iter().find(|(known, _)| known == method);
        line.map(|(_, access)| *access).ok_or_else(|| not_possible(method, lines))
    }
}

fn not_possible(method: &Method, lines: &[(Method, Access)]) -> Problem {
    let mut allowed: Vec<&str> = lines.iter().map(|(known, _)| known.as_str()).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not possible here."));
    match HeaderValue::try_from(allowed.join(",")) {
        Ok(allowed) => problem.header(ALLOW, allowed),
        Err(_) => problem,
    }
}

fn is_admins_access_token(caller: &Verified) -> bool {
    caller.token_use == TokenUse::Access && caller.issuer.speaks_for == SpeaksFor::Admins
}

fn under_scoped(scope: &str) -> Problem {
    let problem = Problem::forbidden(format!("The token lacks the scope {scope}."));
    match HeaderValue::try_from(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")) {
        Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

impl<S> Layer<S> for Authorize {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { rules: Arc::clone(&self.0), inner }
    }
}

/// A service behind [`Authorize`].
#[derive(Clone)]
pub struct Guard<S> {
    rules: Arc<Rules>,
    inner: S,
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let rules = Arc::clone(&self.rules);
        // The clone has not been polled ready; the one that has goes with the request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match rules.admit(&mut request).await {
                Ok(()) => inner.call(request).await,
                Err(problem) => Ok(problem.into_response()),
            }
        })
    }
}
