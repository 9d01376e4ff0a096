//! Lists, things and their tables.

use serde_json::{Value, json};

use super::fake::Fake;
use super::shell;

fn tenant(n: u32) -> Value {
    json!({ "tenantId": format!("t{n}"), "tenantName": format!("acme-{n}"), "tier": "basic",
        "sbtaws_active": true, "email": format!("a{n}@example.com") })
}

#[tokio::test]
async fn a_table_for_people() {
    let fake = Fake::signed_in().await;
    fake.on("GET /tenants?limit=50", 200, json!({ "data": [tenant(1), tenant(2)] }));
    let out = shell(&fake, "tenants list").await.well();
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["TENANT", "NAME", "TIER", "ACTIVE", "EMAIL"]);
    assert_eq!(rows[2], ["t2", "acme-2", "basic", "true", "a2@example.com"]);
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn all_pages_or_as_many_as_are_wanted() {
    let fake = Fake::signed_in().await;
    fake.on("GET /tenants?limit=100", 200, json!({ "data": [tenant(1)], "next_token": "a-_1" }));
    fake.on("GET /tenants?limit=100&next_token=a-_1", 200, json!({ "data": [tenant(2)] }));
    let document: Value = serde_json::from_str(&shell(&fake, "tenants list --all --json").await.well()).unwrap();
    assert_eq!(document, json!({ "data": [tenant(1), tenant(2)] }));

    fake.on("GET /tenants?limit=1", 200, json!({ "data": [tenant(1)], "next_token": "b" }));
    let done = shell(&fake, "tenants list --limit 1").await;
    assert!(done.err.contains("--next-token b"), "{done:?}");
    let document: Value = serde_json::from_str(&shell(&fake, "tenants list --limit 1 --json").await.well()).unwrap();
    assert_eq!(document, json!({ "data": [tenant(1)], "next_token": "b" }));
    fake.on("GET /tenants?limit=1&next_token=b", 200, json!({ "data": [] }));
    let done = shell(&fake, "tenants list --limit 1 --next-token b").await;
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", "There are no tenants.\n"));
}

#[tokio::test]
async fn one_thing_as_a_table_and_as_it_came() {
    let fake = Fake::signed_in().await;
    let answer = json!({ "data": tenant(1) });
    fake.on("GET /tenants/t%2F1", 200, &answer);
    let out = shell(&fake, "tenants get t/1").await.well();
    assert!(out.lines().any(|line| line.split_whitespace().eq(["tenantName", "acme-1"])), "{out}");
    let document: Value = serde_json::from_str(&shell(&fake, "tenants get t/1 --json").await.well()).unwrap();
    assert_eq!(document, answer);
}

#[tokio::test]
async fn the_config_needs_no_sign_in() {
    let fake = Fake::start().await;
    fake.on("GET /tenant-config/acme", 200, json!({ "userPoolId": "local_1", "appClientId": "c1" }));
    let out = shell(&fake, "tenants config acme").await.well();
    assert!(out.contains("local_1"), "{out}");
    assert_eq!(fake.asked("GET /tenant-config/acme")[0].header("authorization"), None);
}

#[tokio::test]
async fn users_and_what_is_done_to_them() {
    let fake = Fake::signed_in().await;
    let user = json!({ "userName": "ada", "userRole": "SystemAdmin", "email": "ada@example.com",
        "status": "CONFIRMED", "enabled": true });
    fake.on("GET /users?limit=60", 200, json!({ "data": [user] }));
    assert!(shell(&fake, "users list --all").await.well().contains("SystemAdmin"));
    fake.on("PUT /users/ada", 200, json!({ "message": "User updated" }));
    assert_eq!(shell(&fake, "users update ada --role SystemViewer").await.well(), "User updated\n");
    assert_eq!(fake.asked("PUT /users/ada")[0].json(), json!({ "userRole": "SystemViewer" }));
    for (verb, line) in
        [("enable", "PUT /users/ada/enable"), ("disable", "PUT /users/ada/disable"), ("delete", "DELETE /users/ada")]
    {
        fake.on(line, 200, json!({ "message": format!("User {verb}d") }));
        assert_eq!(shell(&fake, &format!("users {verb} ada")).await.well(), format!("User {verb}d\n"));
    }
}

#[tokio::test]
async fn a_tenant_is_changed_and_its_operations_listed() {
    let fake = Fake::signed_in().await;
    fake.on("PUT /tenants/t1", 200, json!({ "data": tenant(1) }));
    shell(&fake, "tenants update t1 --set seats=5").await.well();
    assert_eq!(fake.asked("PUT /tenants/t1")[0].json(), json!({ "seats": 5 }));
    let operation = json!({ "operationId": "o1", "tenantId": "t1", "kind": "onboard", "attempt": 2, "status": "failed",
        "requestedAt": "2026-11-22T10:00:00.000Z", "endedAt": "2026-11-22T10:00:09.000Z",
        "failure": { "reason": "no port", "remains": ["service/orders"] }, "steps": [] });
    fake.on("GET /tenants/t1/operations?limit=50", 200, json!({ "data": [operation] }));
    assert!(shell(&fake, "operations list t1").await.well().contains("no port"));
    fake.on("GET /operations/o1", 200, json!({ "data": operation }));
    let out = shell(&fake, "operations get o1").await.well();
    assert!(out.ends_with("Onboarding failed in 9.0 s: no port; still there: service/orders\n"), "{out}");
}
