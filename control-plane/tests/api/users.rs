//! The provider's own people. What SBT answers is in the vectors.

use serde_json::json;

use crate::stand::Stand;

#[tokio::test(start_paused = true)]
async fn lists_are_paged_and_bounded() {
    let stand = Stand::new().await;
    for n in 0..3 {
        let body = json!({"userName": format!("u{n}"), "email": "u@example.com", "userRole": "x"});
        stand.call("POST", "/users", Some(&body)).await.is(201);
    }
    let first = stand.call("GET", "/users?limit=2", None).await.is(200);
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    let rest = format!("/users?limit=60&next_token={}", first["next_token"].as_str().unwrap());
    let rest = stand.call("GET", &rest, None).await.is(200);
    assert_eq!((rest["data"][0]["userName"].as_str(), rest.get("next_token")), (Some("u2"), None));
    assert_eq!(stand.call("GET", "/users?limit=61", None).await.faults(422), ["limit"]);
}

#[tokio::test(start_paused = true)]
async fn changes_and_refusals() {
    let stand = Stand::new().await;
    let body = json!({"userName": "a/b", "email": "x", "userRole": ""});
    let faults = stand.call("POST", "/users", Some(&body)).await.faults(422);
    assert_eq!(faults, ["userName", "email", "userRole"]);
    let body = json!({"userName": "ada", "email": "ada@example.com", "userRole": "x"});
    stand.call("POST", "/users", Some(&body)).await.is(201);
    assert_eq!(stand.call("PUT", "/users/ada", Some(&json!({"email": 1}))).await.faults(422), ["email"]);
    for (method, path, text) in [
        ("PUT", "/users/ada/disable", "User disabled"),
        ("PUT", "/users/ada/enable", "User enabled"),
        ("DELETE", "/users/ada/disable", "User disabled"),
    ] {
        assert_eq!(stand.call(method, path, None).await.is(200), json!({"message": text}));
    }
    assert_eq!(stand.call("GET", "/users/ada", None).await.is(200)["data"]["enabled"], false);
    for (method, path) in
        [("PUT", "/users/nope/disable"), ("DELETE", "/users/nope/disable"), ("PUT", "/users/nope/enable")]
    {
        assert_eq!(stand.call(method, path, None).await.is(404)["message"], "User nope not found.");
    }
    stand.call("PUT", "/users/nope", Some(&json!({}))).await.faults(404);
}
