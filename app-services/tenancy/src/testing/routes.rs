//! Every route of a service, driven by every kind of caller that it must refuse.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::ALLOW;
use http::{Method, Request, StatusCode};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tower::ServiceExt;

use super::{Caller, Signer, Speaker, framed};

const TENANT: &str = "acme";

/// Asserts that a service has the routes that are named, as methods and paths, and that none of them answers a
/// stranger: 401 to a token that is not valid, 403 to one that allows nothing there, and, where the service is one
/// tenant's own, 421 to another tenant's. `routes` are without their frame.
pub async fn assert_shut_to_strangers(service: &str, routes: Router, named: &[(&str, &str)]) {
    let named: BTreeSet<_> = named.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(of(&routes).await, named, "every route of {service} is to be named, and no other");
    let signer = Arc::new(Signer::default());
    let own = TenantId::parse(TENANT).unwrap_or_else(|e| panic!("{TENANT}: {e}"));
    let shared = framed(service, Owner::Stage, &signer, routes.clone());
    let dedicated = framed(service, Owner::Tenant(own), &signer, routes);

    let mut cases = Vec::new();
    for (router, speaker) in [(&shared, Speaker::Pooled), (&dedicated, Speaker::Tenant(TENANT))] {
        let invalid = signer.not_valid(speaker, TENANT).into_iter();
        cases.extend(invalid.map(|(what, token)| (router, what, token.unwrap_or_default(), StatusCode::UNAUTHORIZED)));
    }
    let refused = signer.not_for_pooled(TENANT).into_iter();
    cases.extend(refused.map(|(what, token)| (&shared, what, token, StatusCode::FORBIDDEN)));
    let pooled = signer.token(Speaker::Pooled, TENANT, "TenantAdmin");
    cases.push((&dedicated, "the shared issuer, for its tenant", pooled, StatusCode::FORBIDDEN));
    let other = signer.token(Speaker::Tenant("globex"), "globex", "TenantAdmin");
    cases.push((&dedicated, "another tenant's own", other, StatusCode::MISDIRECTED_REQUEST));

    for (method, path) in &named {
        let path = filled(path);
        for (router, what, token, expected) in &cases {
            let caller = Caller { router: (*router).clone(), token: token.clone() };
            assert_eq!(caller.call(method, &path, None).await.0, *expected, "{method} {path}: {what}");
        }
    }
}

/// The routes of a router. Its paths are in what it shows of itself to a programmer, as axum tells them nowhere else;
/// the methods of each in its answer to one that it has not.
async fn of(router: &Router) -> BTreeSet<(String, String)> {
    let shown = format!("{router:?}");
    let own = shown.split_once("fallback_router").map_or(shown.as_str(), |(own, _)| own);
    let paths = own.split("RouteId(").filter_map(|part| part.split_once("): \"")?.1.split_once('"'));
    let mut found = BTreeSet::new();
    for (path, _) in paths {
        let request = Request::builder().method(Method::TRACE).uri(filled(path)).body(Body::empty());
        let request = request.unwrap_or_else(|e| panic!("{path} is no path: {e}"));
        let Ok(answer) = router.clone().oneshot(request).await;
        let allowed = answer.headers().get(ALLOW).and_then(|methods| methods.to_str().ok()).unwrap_or_default();
        assert!(!allowed.is_empty(), "{path} has no methods");
        // A router answers HEAD by its GET.
        let methods = allowed.split(',').filter(|method| *method != "HEAD");
        found.extend(methods.map(|method| (method.to_owned(), path.to_owned())));
    }
    found
}

/// A path with something in the place of each of its parameters.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "x" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
