//! Every route with every kind of token.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tenantry_control_plane::openapi;

use crate::issuer::{claims, machine, not_for_us, not_valid};
use crate::stand::Stand;

/// Who may call what, in the words of the wire contract. A route that the document has and this has not fails.
const EXPECTED: [(&str, &str, &str); 34] = [
    ("POST", "/tenant-registrations", "tenant/tenant_write"),
    ("GET", "/tenant-registrations", "tenant/tenant_read"),
    ("GET", "/tenant-registrations/{id}", "tenant/tenant_read"),
    ("PATCH", "/tenant-registrations/{id}", "tenant/tenant_write"),
    ("DELETE", "/tenant-registrations/{id}", "tenant/tenant_write"),
    ("POST", "/tenant-registrations/{id}/retry", "tenant/tenant_write"),
    ("GET", "/tenants", "tenant/tenant_read"),
    ("GET", "/tenants/{id}", "tenant/tenant_read"),
    ("PUT", "/tenants/{id}", "tenant/tenant_write"),
    ("GET", "/tenants/{id}/operations", "tenant/tenant_read"),
    ("GET", "/tenants/{id}/raw", "tenant/tenant_read"),
    ("GET", "/operations/{id}", "tenant/tenant_read"),
    ("GET", "/orphans", "tenant/tenant_read"),
    ("GET", "/orphans/{id}", "tenant/tenant_read"),
    ("DELETE", "/orphans/{id}", "tenant/tenant_write"),
    ("GET", "/events", "tenant/tenant_read"),
    ("GET", "/events/stream", "tenant/tenant_read"),
    ("POST", "/users", "user/user_write"),
    ("GET", "/users", "user/user_read"),
    ("GET", "/users/{id}", "user/user_read"),
    ("PUT", "/users/{id}", "user/user_write"),
    ("DELETE", "/users/{id}", "user/user_write"),
    ("PUT", "/users/{id}/enable", "user/user_write"),
    ("PUT", "/users/{id}/disable", "user/user_write"),
    ("DELETE", "/users/{id}/disable", "user/user_write"),
    ("GET", "/tenant-config", ""),
    ("GET", "/tenant-config/{tenantName}", ""),
    ("GET", "/catalogue", ""),
    ("GET", "/openapi.json", ""),
    ("GET", "/docs", ""),
    ("GET", "/docs/", ""),
    ("GET", "/docs/{file}", ""),
    ("GET", "/healthz", ""),
    ("GET", "/readyz", ""),
];

const SCOPES: [&str; 4] = ["tenant/tenant_read", "tenant/tenant_write", "user/user_read", "user/user_write"];

/// The document's routes and the scope each asks for; the document is made from the router.
fn documented() -> BTreeMap<(String, String), String> {
    let api = serde_json::to_value(openapi()).unwrap();
    let mut routes = BTreeMap::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation["security"].get(0).and_then(|s| s["token"][0].as_str()).unwrap_or_default();
            routes.insert((method.to_uppercase(), path.clone()), scope.to_owned());
        }
    }
    routes
}

async fn status(stand: &Stand, (method, path): (&str, &str), token: Option<&str>) -> u16 {
    let path = path.replace("{id}", "nope").replace("{tenantName}", "nope").replace("{file}", "index.html");
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let body = if method == "GET" { Vec::new() } else { b"{}".to_vec() };
    stand.send(method, &path, &headers, body).await.status().as_u16()
}

#[test]
fn the_document_asks_for_what_the_contract_says() {
    let expected: BTreeMap<_, _> =
        EXPECTED.iter().map(|(m, p, s)| (((*m).to_owned(), (*p).to_owned()), (*s).to_owned())).collect();
    assert_eq!(documented(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_valid_is_401_everywhere() {
    let stand = Stand::new().await;
    let tokens = not_valid(&stand.known);
    for ((method, path), scope) in documented().iter().filter(|(_, scope)| !scope.is_empty()) {
        for (what, token) in &tokens {
            let status = status(&stand, (method, path), token.as_deref()).await;
            assert_eq!(status, 401, "{method} {path} ({scope}): {what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_does_not_allow_the_route_is_403() {
    let stand = Stand::new().await;
    let tokens = not_for_us(&stand.known);
    let sign = |claims: &Value| stand.known.admins.token("k1", claims);
    for ((method, path), scope) in documented().iter().filter(|(_, scope)| !scope.is_empty()) {
        // Whoever may change tenants may read them.
        let opens = |s: &str| s == scope || (s == "tenant/tenant_write" && scope == "tenant/tenant_read");
        let others = SCOPES.iter().filter(|s| !opens(s)).copied().collect::<Vec<_>>().join(" ");
        let under_scoped = [
            ("a machine with every other scope", sign(&machine(&others))),
            ("a person whose token carries every other scope", sign(&claims(json!({"scope": others})))),
            ("a person without the group", sign(&claims(json!({"scope": scope, "cognito:groups": null})))),
        ];
        for (what, token) in tokens.iter().chain(&under_scoped) {
            let status = status(&stand, (method, path), Some(token)).await;
            assert_eq!(status, 403, "{method} {path} ({scope}): {what}");
        }
        let viewer = sign(&claims(json!({"cognito:groups": ["SystemViewer"]})));
        let seen = status(&stand, (method, path), Some(&viewer)).await;
        assert_eq!(seen == 403, scope.ends_with("_write"), "{method} {path} ({scope}): a viewer got {seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_scope_opens_the_route_and_public_ones_are_open() {
    let stand = Stand::new().await;
    let sign = |claims: &Value| stand.known.admins.token("k1", claims);
    for ((method, path), scope) in documented() {
        let tokens = if scope.is_empty() {
            vec![None]
        } else {
            let write = scope.replace("tenant/tenant_read", "tenant/tenant_write");
            vec![
                Some(sign(&machine(&write))),
                Some(sign(&machine(&scope))),
                Some(sign(&claims(json!({"scope": scope})))),
                Some(stand.token.clone()),
            ]
        };
        for token in tokens {
            let status = status(&stand, (&method, &path), token.as_deref()).await;
            assert!(![401, 403, 405].contains(&status) && status < 500, "{method} {path}: {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_methods_and_unknown_paths_are_problems() {
    let stand = Stand::new().await;
    let paths: BTreeSet<String> = documented().into_keys().map(|(_, path)| path).collect();
    for path in paths {
        let got = status(&stand, ("TRACE", &path), Some(&stand.token)).await;
        assert_eq!(got, 405, "{path}");
    }
    stand.call("GET", "/nothing-here", None).await.faults(404);
    stand.call("GET", "//tenants", None).await.is(200);
}
