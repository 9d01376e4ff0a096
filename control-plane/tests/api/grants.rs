//! `user/user_write` gives no more power than its holder has.

use http::Method;
use serde_json::{Value, json};

use crate::issuer::{claims, machine};
use crate::stand::{Answer, Stand, read};

/// A stand with an administrator, a viewer and a user of no group.
async fn house() -> Stand {
    let stand = Stand::new().await;
    for (name, role) in [("admin", "SystemAdmin"), ("vera", "SystemViewer"), ("gus", "Gardener")] {
        let body = json!({"userName": name, "email": format!("{name}@example.com"), "userRole": role});
        stand.call("POST", "/users", Some(&body)).await.is(201);
    }
    stand
}

async fn by(stand: &Stand, token: &str, method: Method, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    read(stand.send(method.as_str(), path, &headers, body.to_string().into_bytes()).await).await
}

async fn everybody(stand: &Stand) -> Value {
    stand.call("GET", "/users", None).await.is(200)["data"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_role_is_given_only_by_who_has_its_scopes() {
    let stand = house().await;
    let before = everybody(&stand).await;
    let scoped = "user/user_read user/user_write";
    let tokens = [
        stand.known.admins.token("k1", &machine(scoped)),
        // A person's OAuth token has no more than it carries, whatever groups the person is in.
        stand.known.admins.token("k1", &claims(json!({"scope": scoped}))),
    ];
    for token in &tokens {
        for role in ["SystemAdmin", "SystemViewer"] {
            let new = json!({"userName": "eve", "email": "eve@example.com", "userRole": role});
            assert_eq!(by(&stand, token, Method::POST, "/users", &new).await.faults(403), ["userRole"]);
            let role = json!({"userRole": role});
            assert_eq!(by(&stand, token, Method::PUT, "/users/gus", &role).await.faults(403), ["userRole"]);
        }
    }
    assert_eq!(everybody(&stand).await, before);
    let new = json!({"userName": "eve", "email": "eve@example.com", "userRole": "Gardener"});
    by(&stand, &tokens[0], Method::POST, "/users", &new).await.is(201);
    let reader = stand.known.admins.token("k1", &machine("tenant/tenant_read user/user_read user/user_write"));
    by(&stand, &reader, Method::PUT, "/users/eve", &json!({"userRole": "SystemViewer"})).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_user_is_touched_only_by_who_has_its_scopes() {
    let stand = house().await;
    let before = everybody(&stand).await;
    let token = stand.known.admins.token("k1", &machine("user/user_read user/user_write"));
    for name in ["admin", "vera"] {
        for (method, path, body) in [
            (Method::PUT, format!("/users/{name}"), json!({"email": "eve@example.com"})),
            (Method::PUT, format!("/users/{name}"), json!({"userRole": "Gardener"})),
            (Method::PUT, format!("/users/{name}/disable"), json!({})),
            (Method::DELETE, format!("/users/{name}/disable"), json!({})),
            (Method::PUT, format!("/users/{name}/enable"), json!({})),
            (Method::DELETE, format!("/users/{name}"), json!({})),
        ] {
            let answer = by(&stand, &token, method.clone(), &path, &body).await;
            assert_eq!(answer.faults(403), ["id"], "{method} {path}");
        }
    }
    assert_eq!(everybody(&stand).await, before);
    by(&stand, &token, Method::DELETE, "/users/gus", &json!({})).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn nobody_changes_their_own_role_or_state() {
    let stand = house().await;
    let before = everybody(&stand).await;
    for (method, path, body, field) in [
        ("PUT", "/users/admin", json!({"userRole": "SystemViewer"}), "userRole"),
        ("PUT", "/users/admin/disable", json!({}), "id"),
        ("DELETE", "/users/admin/disable", json!({}), "id"),
        ("PUT", "/users/admin/enable", json!({}), "id"),
        ("DELETE", "/users/admin", json!({}), "id"),
    ] {
        assert_eq!(stand.call(method, path, Some(&body)).await.faults(403), [field], "{method} {path}");
    }
    assert_eq!(everybody(&stand).await, before);
    // A form that sends the role as it is changes no role.
    let form = json!({"userRole": "SystemAdmin", "email": "new@example.com"});
    stand.call("PUT", "/users/admin", Some(&form)).await.is(200);
    assert_eq!(stand.call("GET", "/users/admin", None).await.is(200)["data"]["email"], "new@example.com");
}

#[tokio::test(start_paused = true)]
async fn a_namesake_is_somebody_else() {
    let stand = house().await;
    // A machine has no name of a user, whatever its token says.
    let scopes = "tenant/tenant_read tenant/tenant_write user/user_read user/user_write";
    let mut named = machine(scopes);
    named["username"] = json!("vera");
    let token = stand.known.admins.token("k1", &named);
    by(&stand, &token, Method::PUT, "/users/vera/disable", &json!({})).await.is(200);
}
