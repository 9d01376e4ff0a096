//! The way of a request through the gateway.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::header::EXPECT;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Either;
use hyper::body::{Body, Incoming};
use tenantry_contract::catalogue::{Catalogue, Placement, Service};
use tenantry_contract::resource::Owner;
use tenantry_web::http::Proxies;
use tenantry_web::{Problem, Verifier};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::answer::{self, GatewayBody};
use crate::body::{Outgoing, let_finish};
use crate::config::{GatewayConfig, GatewayDeps};
use crate::connections::Connections;
use crate::cors::Cors;
use crate::headers::Said;
use crate::hosts::Hosts;
use crate::identify::{identify, mismatch};
use crate::meters::Meters;
use crate::path::{first_segment, tidy};
use crate::quota::DailyQuota;
use crate::request_id::{RequestIds, X_REQUEST_ID};
use crate::standing::Standings;
use crate::throttle::Throttle;
use crate::upstream::{Came, Patience, Target, Upstream};

pub struct Gateway {
    verifier: Arc<Verifier>,
    pub(crate) standings: Standings,
    pub(crate) throttle: Throttle,
    quota: DailyQuota,
    upstream: Upstream,
    services: HashMap<String, Known>,
    /// Whether there are pooled services, which answer for health.
    pooled: bool,
    hosts: Hosts,
    cors: Cors,
    request_ids: RequestIds,
    unknown: Meters,
    max_body: u64,
    scheme: &'static str,
    proxies: Proxies,
}

struct Known {
    service: Service,
    meters: Meters,
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Client {
    address: IpAddr,
    text: HeaderValue,
}

impl From<SocketAddr> for Client {
    fn from(peer: SocketAddr) -> Self {
        Self::from(peer.ip())
    }
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let text = HeaderValue::try_from(address.to_string());
        Self { address, text: text.unwrap_or_else(|_| HeaderValue::from_static("unknown")) }
    }
}

impl Gateway {
    pub fn new(deps: GatewayDeps, config: GatewayConfig) -> Self {
        let GatewayDeps { verifier, tenants, routes, usage, catalogue, clock, ids } = deps;
        let GatewayConfig {
            hosts,
            origins,
            max_body,
            upstream_timeout,
            body_timeout,
            connect_timeout,
            standing_ttl,
            scheme,
            proxies,
        } = config;
        let patience = Patience { answer: upstream_timeout, body: body_timeout, connect: connect_timeout };
        Self {
            verifier,
            throttle: Throttle::new(&catalogue),
            quota: DailyQuota::new(usage, clock),
            upstream: Upstream::new(routes, patience),
            services: known(&catalogue),
            pooled: catalogue.uses(Placement::Pooled),
            standings: Standings::new(tenants, catalogue, standing_ttl),
            hosts: Hosts::new(hosts),
            cors: Cors::new(&origins),
            request_ids: RequestIds::new(ids.as_ref()),
            unknown: Meters::new(None),
            max_body,
            scheme,
            proxies,
        }
    }

    /// Answers a request; `ready` is whether this process wants more of them, `connections` are the worker's.
    pub(crate) async fn handle(
        &self,
        request: Request<Incoming>,
        client: &Client,
        ready: &watch::Receiver<bool>,
        connections: &Arc<Connections>,
    ) -> Response<GatewayBody> {
        let (parts, body) = request.into_parts();
        if let Some(answer) = probe(&parts, ready) {
            return answer;
        }
        let started = Instant::now();
        let id = self.request_ids.of(&parts.headers);
        let path = tidy(&parts.uri);
        let known = self.services.get(first_segment(path.path()));
        let heard = self.proxies.heard(client.address, &parts.headers);
        let farther = heard.as_ref().map(|heard| Client::from(heard.client));
        let said = Said {
            request_id: &id,
            client: &farther.as_ref().unwrap_or(client).text,
            scheme: heard.as_ref().and_then(|heard| heard.scheme).unwrap_or(self.scheme),
            // A proxy that does not write it anew passes on whatever the client made up.
            host: heard.as_ref().and_then(|heard| heard.host.as_ref()).filter(|host| self.hosts.named(host)),
            public: false,
        };
        let came = Came { parts: &parts, path: &path, said };
        let mut response = match self.pass(came, known, body, connections).await {
            Ok(response) => response,
            Err(problem) => answer::problem(problem, &id),
        };
        self.cors.mark(&mut response, self.cors.origin(&parts.headers));
        response.headers_mut().entry(X_REQUEST_ID).or_insert(id);
        known.map_or(&self.unknown, |known| &known.meters).note(response.status(), started.elapsed());
        response
    }

    async fn pass(
        &self,
        mut came: Came<'_>,
        known: Option<&Known>,
        body: Incoming,
        connections: &Arc<Connections>,
    ) -> Result<Response<GatewayBody>, Problem> {
        if !self.hosts.serve(came.parts) {
            return Err(tenantry_web::http::not_served());
        }
        if let Some(answer) = Cors::preflight(came.parts) {
            return Ok(answer);
        }
        let service = &known.ok_or_else(|| Problem::not_found("There is no such service."))?.service;
        if self.pooled && is_health(service, came.parts, came.path) {
            came.said.public = true;
            let target = Target { owner: &Owner::Stage, service: &service.name };
            return self.forward(target, &came, body, connections).await;
        }
        let spoken = identify(&self.verifier, &came.parts.headers).await?;
        let open = self.standings.of(&spoken.tenant).await?;
        if spoken.pooled != (open.placement == Placement::Pooled) {
            return Err(mismatch());
        }
        self.throttle.take(open.tier, &spoken.tenant)?;
        self.quota.take(&spoken.tenant, open.requests_per_day).await?;
        self.forward(Target { owner: &open.owner, service: &service.name }, &came, body, connections).await
    }

    async fn forward(
        &self,
        target: Target<'_>,
        came: &Came<'_>,
        body: Incoming,
        connections: &Arc<Connections>,
    ) -> Result<Response<GatewayBody>, Problem> {
        if body.size_hint().lower() > self.max_body {
            if !came.parts.headers.contains_key(EXPECT) {
                let_finish(body).await;
            }
            return Err(tenantry_web::json::too_large(Some(self.max_body)));
        }
        // Who needs no token gets no service to keep waiting for a body.
        let body = if came.said.public { None } else { Outgoing::new(body, self.max_body) };
        let response = self.upstream.send(target, came, body, connections).await?;
        Ok(response.map(Either::Left))
    }
}

fn known(catalogue: &Catalogue) -> HashMap<String, Known> {
    let services = catalogue.services.iter();
    let known = |service: &Service| Known { meters: Meters::new(Some(&service.name)), service: service.clone() };
    services.map(|service| (service.name.to_string(), known(service))).collect()
}

fn is_health(service: &Service, parts: &Parts, path: &PathAndQuery) -> bool {
    path.path() == service.health_path && [Method::GET, Method::HEAD].contains(&parts.method)
}

/// Load balancers probe by address, so the `Host` of a probe says nothing.
fn probe(parts: &Parts, ready: &watch::Receiver<bool>) -> Option<Response<GatewayBody>> {
    let status = match parts.uri.path() {
        "/healthz" => StatusCode::OK,
        "/readyz" if *ready.borrow() => StatusCode::OK,
        "/readyz" => StatusCode::SERVICE_UNAVAILABLE,
        _ => return None,
    };
    let word = if status.is_success() { "ok" } else { "not ready" };
    let mut response = answer::own(status, format!(r#"{{"status":"{word}"}}"#));
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}
