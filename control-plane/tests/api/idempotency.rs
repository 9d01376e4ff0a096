//! The same request twice is done once and answered twice.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::issuer::{OTHERS, machine};
use crate::stand::{Stand, registration};

#[tokio::test(start_paused = true)]
async fn a_registration_is_replayed() {
    let stand = Stand::new().await;
    let (path, body, key) = ("/tenant-registrations", registration("acme", "basic"), [("idempotency-key", "k 1")]);
    let first = stand.call_with("POST", path, Some(&body), &key).await;
    let again = stand.call_with("POST", path, Some(&body), &key).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(first.headers.get("idempotency-replayed"), None);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["content-type"], "application/json");

    let other = registration("other", "basic");
    assert_eq!(stand.call_with("POST", path, Some(&other), &key).await.faults(422), ["Idempotency-Key"]);
    for bad in ["", &"x".repeat(256)] {
        let key = [("idempotency-key", bad)];
        assert_eq!(stand.call_with("POST", path, Some(&other), &key).await.faults(422), ["Idempotency-Key"]);
    }
    let tenants = stand.call("GET", "/tenants", None).await.is(200);
    assert_eq!(tenants["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_its_clients_own() {
    let mut stand = Stand::new().await;
    let (path, key) = ("/tenant-registrations", [("idempotency-key", "k")]);
    stand.call_with("POST", path, Some(&registration("one", "basic")), &key).await.is(201);
    stand.token = stand.known.admins.token("k1", &machine("tenant/tenant_write"));
    let theirs = stand.call_with("POST", path, Some(&registration("two", "basic")), &key).await;
    theirs.is(201);
    assert_eq!(theirs.headers.get("idempotency-replayed"), None);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_its_issuers_own() {
    let mut stand = Stand::new().await;
    let (path, key) = ("/tenant-registrations", [("idempotency-key", "k")]);
    stand.token = stand.known.admins.token("k1", &machine("tenant/tenant_write"));
    let ours = stand.call_with("POST", path, Some(&registration("one", "basic")), &key).await;
    ours.is(201);
    let mut same_client = machine("tenant/tenant_write");
    same_client["iss"] = OTHERS.into();
    stand.token = stand.known.others.token("k1", &same_client);
    for (name, status) in [("two", 201), ("two", 201), ("three", 422)] {
        let theirs = stand.call_with("POST", path, Some(&registration(name, "basic")), &key).await;
        assert_eq!(theirs.status, status, "{name}");
        assert_ne!(theirs.body, ours.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_replayed_for_its_own_registration_only() {
    let stand = Stand::new().await;
    let mut retries = Vec::new();
    for name in ["one", "two"] {
        let data = stand.register(name, "partner").await;
        let path = format!("/tenant-registrations/{}", data["tenantRegistrationId"].as_str().unwrap());
        stand.call("PATCH", &path, Some(&json!({"tenantStatus": "no room"}))).await.is(200);
        retries.push(format!("{path}/retry"));
    }
    let key = [("idempotency-key", "again")];
    let first = stand.call_with("POST", &retries[0], None, &key).await;
    let second = stand.call_with("POST", &retries[0], None, &key).await;
    assert_eq!(first.is(200), second.is(200));
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(stand.call_with("POST", &retries[1], None, &key).await.faults(422), ["Idempotency-Key"]);
}

#[tokio::test(start_paused = true)]
async fn a_user_is_replayed() {
    let stand = Stand::new().await;
    let body = json!({"userName": "ada", "email": "ada@example.com", "userRole": "SystemViewer"});
    let key = [("idempotency-key", "u1")];
    let first = stand.call_with("POST", "/users", Some(&body), &key).await;
    let again = stand.call_with("POST", "/users", Some(&body), &key).await;
    assert_eq!((first.is(201), first.body), (again.json(), again.body.clone()));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    // Without the key, or with another, it is a conflict; and so it stays.
    assert_eq!(stand.call("POST", "/users", Some(&body)).await.faults(409), ["userName"]);
    for _ in 0..2 {
        let other = [("idempotency-key", "u2")];
        assert_eq!(stand.call_with("POST", "/users", Some(&body), &other).await.faults(409), ["userName"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_answer_was_lost_is_found_by_the_same_request() {
    let stand = Stand::new().await;
    let body = json!({"userName": "ada", "email": "ada@example.com", "userRole": "SystemViewer"});
    let key = [("idempotency-key", "u1")];
    stand.people.lose_answer.store(true, Ordering::SeqCst);
    let lost = stand.call_with("POST", "/users", Some(&body), &key).await;
    lost.faults(503);
    assert!(lost.headers.contains_key("retry-after"));
    stand.call_with("POST", "/users", Some(&body), &key).await.is(201);
}
