//! The table of routes, and what tokens may do.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use http::Method;
use serde_json::{Value, json};
use tenantry_contract::id::TenantId;
use tenantry_ports::identity::{Algorithm, SpeaksFor};
use tenantry_web::{Access, Caller, RouteAccess, ScopePolicy, authorize, harden};

use crate::support::{Answer, NOW, Signer, Stand, claims, issuer, options, request, send};

static TABLE: [RouteAccess; 4] = [
    RouteAccess { method: Method::GET, path: "/catalogue", access: Access::Public },
    RouteAccess { method: Method::GET, path: "/tenants/{id}", access: Access::Scope("tenant/tenant_read") },
    RouteAccess { method: Method::POST, path: "/tenants/{id}", access: Access::Scope("tenant/tenant_write") },
    RouteAccess { method: Method::GET, path: "/asks", access: Access::Public },
];

fn router(stand: &Stand) -> Router {
    let who = async |Caller(caller): Caller| caller.username.clone().unwrap_or_default();
    let routes = Router::new()
        .route("/catalogue", get(async || "tiers"))
        .route("/tenants/{id}", get(who).post(async || "written"))
        .route("/asks", get(who))
        .route("/forgotten", post(async || "never"));
    let guarded = routes.route_layer(authorize(&TABLE, Arc::clone(&stand.verifier), ScopePolicy::default()));
    harden(guarded, options())
}

async fn call(stand: &Stand, method: &str, path: &str, token: Option<&str>) -> Answer {
    let value = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = value.iter().map(|value| ("authorization", value.as_str())).collect();
    send(&router(stand), request(method, path, &headers)).await
}

#[tokio::test]
async fn public_routes_ask_for_nothing() {
    let stand = Stand::new();
    assert_eq!(call(&stand, "GET", "/catalogue", None).await.status, 200);
    assert_eq!(call(&stand, "GET", "/catalogue", Some("garbage")).await.status, 200);
}

#[tokio::test]
async fn without_a_valid_token_it_is_401_with_a_challenge() {
    let stand = Stand::new();
    let expired = stand.token(&claims(json!({ "exp": NOW - 100 })));
    for token in [None, Some("garbage"), Some(expired.as_str())] {
        let answer = call(&stand, "GET", "/tenants/t1", token).await;
        answer.problem(401);
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
}

#[tokio::test]
async fn valid_but_not_allowed_is_403() {
    let stand = Stand::new();
    let tenant = Signer::es256();
    let url = "http://127.0.0.1:8080/local_tenant";
    let speaks_for = SpeaksFor::Tenant(TenantId::parse("t1").unwrap());
    stand.known.add(issuer(url, speaks_for, Algorithm::Es256), vec![tenant.jwk("k1")]);
    for (what, token) in [
        ("viewer", stand.token(&claims(json!({ "cognito:groups": ["SystemViewer"] })))),
        ("no group", stand.token(&claims(json!({ "cognito:groups": null })))),
        ("unknown group", stand.token(&claims(json!({ "cognito:groups": ["Else"] })))),
        ("an ID token", stand.token(&claims(json!({ "token_use": "id", "aud": "people" })))),
        ("under-scoped", stand.token(&claims(json!({ "scope": "tenant/tenant_read" })))),
        ("under-scoped machine", stand.token(&claims(json!({ "client_id": "machines", "scope": "a/b" })))),
        ("a tenant's issuer", tenant.token("k1", &claims(json!({ "iss": url })))),
    ] {
        let answer = call(&stand, "POST", "/tenants/t1", Some(&token)).await;
        assert_eq!(answer.status, 403, "{what}");
        answer.problem(403);
    }
}

#[tokio::test]
async fn who_is_allowed_is_known_to_the_handler() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    let answer = call(&stand, "GET", "/tenants/t1", Some(&token)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, b"admin".as_slice()));
    assert_eq!(call(&stand, "POST", "/tenants/t1", Some(&token)).await.status, 200);
    assert_eq!(call(&stand, "HEAD", "/tenants/t1", Some(&token)).await.status, 200);
    assert_eq!(call(&stand, "HEAD", "/tenants/t1", None).await.status, 401);
}

#[tokio::test]
async fn a_route_that_is_not_in_the_table_is_never_served() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    let answer = call(&stand, "POST", "/forgotten", Some(&token)).await;
    assert!(!answer.problem(500)["message"].as_str().unwrap().contains("table"));
    // A handler that asks who calls on a public route is a mistake of ours too.
    call(&stand, "GET", "/asks", None).await.problem(500);
}

#[tokio::test]
async fn what_does_not_exist_is_404_and_405_to_everybody() {
    let stand = Stand::new();
    call(&stand, "GET", "/nothing", None).await.problem(404);
    let patched = call(&stand, "PATCH", "/tenants/t1", None).await;
    patched.problem(405);
    assert_eq!(patched.header("allow"), Some("GET,POST,HEAD"));
}

#[tokio::test]
async fn what_each_token_is_granted() {
    let stand = Stand::new();
    let all = ["tenant/tenant_read", "tenant/tenant_write", "user/user_read", "user/user_write"];
    let read = ["tenant/tenant_read", "user/user_read"];
    let machine = |scope: &str| json!({ "client_id": "machines", "cognito:groups": null, "scope": scope });
    let cases: Vec<(Value, Vec<&str>)> = vec![
        (json!({}), all.to_vec()),
        (json!({ "cognito:groups": ["SystemViewer"] }), read.to_vec()),
        (json!({ "cognito:groups": ["SystemViewer", "Else"] }), read.to_vec()),
        (json!({ "cognito:groups": null }), vec![]),
        (json!({ "scope": "openid tenant/tenant_write tenant/tenant_read" }), all[..2].to_vec()),
        (json!({ "cognito:groups": ["SystemViewer"], "scope": all.join(" ") }), read.to_vec()),
        (json!({ "scope": "aws.cognito.signin.user.admin tenant/tenant_read" }), vec!["tenant/tenant_read"]),
        (json!({ "scope": "openid aws.cognito.signin.user.admin" }), vec![]),
        (machine("tenant/tenant_read"), vec!["tenant/tenant_read"]),
        (machine("tenant/tenant_write"), all[..2].to_vec()),
        (machine("user/user_write"), vec!["user/user_write"]),
        (json!({ "scope": "openid tenant/tenant_write" }), all[..2].to_vec()),
        (json!({ "cognito:groups": ["SystemViewer"], "scope": "tenant/tenant_write" }), vec!["tenant/tenant_read"]),
        (machine("aws.cognito.signin.user.admin"), vec!["aws.cognito.signin.user.admin"]),
    ];
    let policy = ScopePolicy::default();
    for (changes, expected) in cases {
        let caller = stand.verifier.verify(&stand.token(&claims(changes.clone()))).await.unwrap();
        let granted = policy.granted(&caller);
        assert_eq!(granted.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{changes}");
        for scope in all {
            assert_eq!(policy.allows(&caller, scope), expected.contains(&scope), "{changes} {scope}");
        }
    }
}
