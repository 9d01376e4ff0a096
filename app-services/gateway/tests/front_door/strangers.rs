//! Every service, by every method, to every kind of caller that must not get through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::any;
use reqwest::{Method, StatusCode};
use tenantry_contract::catalogue::{Catalogue, Service};
use tenantry_contract::resource::Owner;
use tenantry_tenancy::testing::Speaker;

use super::house::{House, own};

const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

/// All that is public of a service, in words of its own: a path that opens to strangers and is not here fails.
fn is_public(service: &Service, method: &Method, path: &str) -> bool {
    [Method::GET, Method::HEAD].contains(method) && path == format!("/{}/health", service.name)
}

fn paths(service: &Service) -> Vec<String> {
    let name = &service.name;
    ["", "/", "/health", "/health/", "/health/x", "/x", "/x/health", "/healthz", "/..%2Fhealth"]
        .map(|rest| format!("/{name}{rest}"))
        .into()
}

/// A gateway with every service of the catalogue, shared and globex's own, and how many requests reached one.
async fn house() -> (House, Arc<AtomicUsize>) {
    let house = House::open(str::to_owned).await;
    let reached = Arc::new(AtomicUsize::new(0));
    for owner in [Owner::Stage, own("globex")] {
        for service in &Catalogue::parse(Catalogue::DEFAULT).unwrap().services {
            let count = Arc::clone(&reached);
            let counting = any(move || {
                count.fetch_add(1, Ordering::SeqCst);
                std::future::ready("reached")
            });
            house.start(&owner, service.name.as_str(), Router::new().fallback(counting)).await;
        }
    }
    (house, reached)
}

#[tokio::test]
async fn no_path_opens_to_a_stranger() {
    let (house, reached) = house().await;
    let mut cases = Vec::new();
    for (speaker, tenant) in [(Speaker::Pooled, "acme"), (Speaker::Tenant("globex"), "globex")] {
        let invalid = house.signer.not_valid(speaker, tenant).into_iter();
        cases.extend(invalid.map(|(what, token)| (what, token, StatusCode::UNAUTHORIZED)));
    }
    let refused = house.signer.not_for_pooled("acme").into_iter();
    cases.extend(refused.map(|(what, token)| (what, Some(token), StatusCode::FORBIDDEN)));
    let pooled = house.signer.token(Speaker::Pooled, "globex", "TenantAdmin");
    cases.push(("the shared issuer, of a tenant with its own", Some(pooled), StatusCode::FORBIDDEN));
    let other = house.signer.token(Speaker::Tenant("umbrella"), "globex", "TenantAdmin");
    cases.push(("another tenant's issuer, of one with its own", Some(other), StatusCode::FORBIDDEN));

    for service in &Catalogue::parse(Catalogue::DEFAULT).unwrap().services {
        for method in METHODS {
            for path in paths(service).iter().filter(|path| !is_public(service, &method, path)) {
                for (what, token, expected) in &cases {
                    let mut request = house.client.request(method.clone(), format!("{}{path}", house.url));
                    if let Some(token) = token {
                        request = request.bearer_auth(token);
                    }
                    let answer = request.send().await.unwrap();
                    assert_eq!(answer.status(), *expected, "{method} {path}: {what}");
                }
            }
        }
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0, "a refused request goes nowhere");
}

#[tokio::test]
async fn what_is_public_needs_no_token_and_takes_none_on() {
    let (house, reached) = house().await;
    let mut asked = 0;
    for service in &Catalogue::parse(Catalogue::DEFAULT).unwrap().services {
        for (_, token) in house.signer.not_valid(Speaker::Pooled, "acme") {
            let request = house.get(&format!("/{}/health", service.name)).bearer_auth(token.unwrap_or_default());
            assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
            asked += 1;
        }
    }
    assert_eq!(reached.load(Ordering::SeqCst), asked);
}
