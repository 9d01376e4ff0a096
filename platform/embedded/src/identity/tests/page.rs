//! The sign-in page keeps to itself.

use tenantry_contract::resource::Owner;

use super::support::{facts, issuer, tenant};

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
    assert!(html.contains("role=\"alert\"") && !html.contains("<script>alert"), "{html}");
}

#[tokio::test]
async fn every_broken_rule_is_told_in_the_hints_words_and_in_the_readers_language() {
    let issuer = issuer().await;
    let url = format!("{}/login", issuer.admin.issuer);
    let post = |language: &'static str, form: Vec<(&'static str, String)>| {
        let request =
            issuer.http.post(&url).header("cookie", "tenantry_issuer_csrf=x").header("accept-language", language);
        let form: Vec<_> = form.into_iter().chain([("csrf", "x".to_owned())]).collect();
        async move { request.form(&form).send().await.unwrap().text().await.unwrap() }
    };
    let once = issuer.admin.first_admin.password.clone();
    let page = post("en", vec![("username", "admin".to_owned()), ("password", once)]).await;
    let rules = |html: &str| {
        html.split("<ul>").skip(1).map(|list| list.split("</ul>").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(page.contains("Signing in as admin") && page.contains("Confirm new password"), "{page}");
    assert_eq!(rules(&page).len(), 1, "{page}");
    let session = page.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let chosen = |new: &str, again: &str| {
        vec![
            ("session", session.clone()),
            ("known_as", "admin".to_owned()),
            ("new_password", new.to_owned()),
            ("again", again.to_owned()),
        ]
    };
    let unfit = post("en", chosen("abc", "abc")).await;
    let told = rules(&unfit);
    assert_eq!(told[0].matches("<li>").count(), 4, "length, uppercase, digit, symbol: {unfit}");
    assert!(told[0].split("</li>").all(|rule| told[1].contains(rule)), "the same words: {unfit}");
    assert!(unfit.contains("aria-invalid=\"true\"") && unfit.contains("Signing in as admin"), "{unfit}");
    let korean = post("ko-KR,ko;q=0.9", chosen("Abcdefg1!", "Abcdefg2!")).await;
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("두 비밀번호가 서로 다릅니다."), "{korean}");
    let done = post("ko", chosen("Abcdefg1!", "Abcdefg1!")).await;
    assert!(done.contains("로그인되었습니다"), "{done}");
}

#[tokio::test]
async fn a_page_names_the_lock_the_label_and_whose_it_is() {
    let issuer = issuer().await;
    let form = [("csrf", "x"), ("username", "ada"), ("password", "wrong")];
    let url = format!("{}/login", issuer.admin.issuer);
    let mut page = String::new();
    for _ in 0..6 {
        let request = issuer.http.post(&url).header("cookie", "tenantry_issuer_csrf=x").form(&form);
        page = request.send().await.unwrap().text().await.unwrap();
    }
    assert!(page.contains("Try again in 1 second.") && page.contains(">User name<"), "{page}");

    let owner = Owner::Tenant(tenant("t-1"));
    let (pool, _) = issuer.identity.ensure_pool(&owner).await.unwrap();
    issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@acme.test")).await.unwrap();
    let page = issuer.http.get(format!("{}/{pool}/login", issuer.base)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<p class=\"brand\">acme</p>") && page.contains(">E-mail<"), "{page}");
    assert!(!page.contains("Tenantry"), "{page}");
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
