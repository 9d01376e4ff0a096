//! The sign-in page keeps to itself.

use super::support::issuer;

#[tokio::test]
async fn a_form_counts_only_with_its_cookie() {
    let issuer = issuer().await;
    let url = format!("{}/login", issuer.admin.issuer);
    let form = [("csrf", "x"), ("username", "admin"), ("password", &issuer.admin.first_admin.password)];
    for cookie in ["", "tenantry_issuer_csrf=y"] {
        let answer = issuer.http.post(&url).header("cookie", cookie).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{cookie:?}");
    }
    let answer = issuer.http.post(&url).header("cookie", "tenantry_issuer_csrf=x").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("Choose a password"));
}

#[tokio::test]
async fn what_was_typed_comes_back_as_text() {
    let issuer = issuer().await;
    let url = format!("{}/login", issuer.admin.issuer);
    let page = issuer.http.get(&url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(page.headers()[name], value, "{name}");
    }
    let form = [("csrf", "x"), ("username", "\"><script>alert(1)</script>"), ("password", "wrong")];
    let answer = issuer.http.post(&url).header("cookie", "tenantry_issuer_csrf=x").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let html = answer.text().await.unwrap();
    assert!(html.contains("role=\"alert\"") && !html.contains("<script"), "{html}");
}

#[tokio::test]
async fn the_issuers_stand_beside_an_api() {
    let issuer = issuer().await;
    let said = || async { "the API" };
    let api = axum::Router::new()
        .route("/tenants/{id}", axum::routing::get(said))
        .route("/tenants/{id}/operations", axum::routing::get(said))
        .route("/users/{id}", axum::routing::get(said))
        .route("/users/{id}/enable", axum::routing::put(said));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = api.merge(super::super::router(issuer.identity.clone()));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    for path in ["/users/login", "/tenants/logout"] {
        let answer = issuer.http.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "the API", "{path}");
    }
    let answer = issuer.http.get(format!("{base}/{}/login", issuer.admin.pool)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
