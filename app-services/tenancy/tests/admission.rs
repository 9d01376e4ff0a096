//! Who gets into a service, and who is told to look elsewhere.

#![expect(clippy::unwrap_used, reason = "a test that fails here fails loudly")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use serde_json::json;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_tenancy::testing::{Signer, Speaker, framed};
use tenantry_tenancy::{Tenant, TenantAdmin};
use tower::ServiceExt;

fn service(owner: Owner, signer: &Arc<Signer>) -> Router {
    let routes = Router::new()
        .route("/shop", get(async |tenant: Tenant| tenant.id().to_string()))
        .route("/shop/admin", get(async |TenantAdmin(tenant): TenantAdmin| tenant.user().to_owned()));
    framed("shop", owner, signer, routes)
}

fn dedicated(tenant: &str) -> Owner {
    Owner::Tenant(TenantId::parse(tenant).unwrap())
}

async fn status(router: &Router, path: &str, token: Option<&str>) -> StatusCode {
    let mut request = Request::get(path).header(header::HOST, "localhost");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn a_pooled_service_takes_the_pooled_issuers_tokens_only() {
    let signer = Arc::new(Signer::default());
    let shop = service(Owner::Stage, &signer);
    let pooled = signer.token(Speaker::Pooled, "acme", "TenantUser");
    assert_eq!(status(&shop, "/shop", Some(&pooled)).await, StatusCode::OK);
    for refused in [
        signer.token(Speaker::Tenant("acme"), "acme", "TenantUser"),
        signer.token(Speaker::Admins, "acme", "TenantUser"),
        signer.sign(Speaker::Pooled, &json!({ "custom:tenantId": "acme", "token_use": "access", "client_id": "app" })),
        signer.sign(Speaker::Pooled, &json!({ "custom:tenantId": "no tenant" })),
        signer.sign(Speaker::Pooled, &json!({})),
    ] {
        assert_eq!(status(&shop, "/shop", Some(&refused)).await, StatusCode::FORBIDDEN);
    }
    let strangers = signer.sign(Speaker::Pooled, &json!({ "custom:tenantId": "acme", "aud": "other" }));
    for invalid in [Some(strangers.as_str()), Some(&format!("{pooled}x")), None] {
        assert_eq!(status(&shop, "/shop", invalid).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_dedicated_service_sends_other_tenants_away_before_anything_else() {
    let signer = Arc::new(Signer::default());
    let shop = service(dedicated("acme"), &signer);
    let own = signer.token(Speaker::Tenant("acme"), "acme", "TenantUser");
    assert_eq!(status(&shop, "/shop", Some(&own)).await, StatusCode::OK);
    for other in [
        signer.token(Speaker::Tenant("globex"), "globex", "TenantUser"),
        signer.token(Speaker::Pooled, "globex", "TenantUser"),
    ] {
        for path in ["/shop", "/shop/admin", "/nothing"] {
            assert_eq!(status(&shop, path, Some(&other)).await, StatusCode::MISDIRECTED_REQUEST, "{path}");
        }
    }
    // Claiming to be of this tenant helps no issuer that may not speak for it.
    for forged in [
        signer.token(Speaker::Tenant("globex"), "acme", "TenantUser"),
        signer.token(Speaker::Pooled, "acme", "TenantUser"),
    ] {
        assert_eq!(status(&shop, "/shop", Some(&forged)).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn health_is_public_and_unknown_paths_are_not() {
    let signer = Arc::new(Signer::default());
    let shop = service(Owner::Stage, &signer);
    assert_eq!(status(&shop, "/shop/health", None).await, StatusCode::OK);
    assert_eq!(status(&shop, "/nothing", None).await, StatusCode::UNAUTHORIZED);
    let token = signer.token(Speaker::Pooled, "acme", "TenantUser");
    assert_eq!(status(&shop, "/nothing", Some(&token)).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn admin_routes_want_an_admin() {
    let signer = Arc::new(Signer::default());
    let shop = service(Owner::Stage, &signer);
    let user = signer.token(Speaker::Pooled, "acme", "TenantUser");
    let admin = signer.token(Speaker::Pooled, "acme", "TenantAdmin");
    assert_eq!(status(&shop, "/shop/admin", Some(&user)).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&shop, "/shop/admin", Some(&admin)).await, StatusCode::OK);
}
