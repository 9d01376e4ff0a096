//! What is refused is refused with the field and the rule, and nothing is written.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Answer, Client};
use support::system::System;

const PATIENCE: Duration = Duration::from_secs(60);
const LISTS: [&str; 4] =
    ["/tenants?limit=100", "/tenant-registrations?limit=100", "/users?limit=60", "/events?limit=100"];

async fn everything(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    for list in LISTS {
        let page = client.admin(Method::GET, list, None).await;
        assert!(page.status == 200 || (page.status == 403 && list.starts_with("/users")), "{list}: {}", page.body);
        if page.status == 200 {
            all.push(page.body["data"].clone());
        }
    }
    all
}

fn tenant(change: &Value) -> Value {
    let mut data = json!({ "tenantName": "other", "email": "a@other.example.com", "tier": "basic" });
    data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({ "tenantData": data, "tenantRegistrationData": {} })
}

/// A problem document of that status that names the field, if one is at fault, and says a rule.
fn is_problem(what: &str, answer: &Answer, status: u16, field: Option<&str>) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    assert_eq!(answer.content_type, "application/problem+json", "{what}");
    assert_eq!(answer.body["status"], status, "{what}");
    assert_eq!(answer.body["statusCode"], status, "{what}");
    assert!(answer.body["message"].as_str().is_some_and(|m| !m.is_empty()), "{what}: {}", answer.body);
    if let Some(field) = field {
        let errors = answer.body["errors"].as_array().unwrap_or_else(|| panic!("{what}: {}", answer.body));
        let named = errors.iter().find(|e| e["field"] == field);
        let rule = named.and_then(|e| e["rule"].as_str()).unwrap_or_else(|| panic!("{what}: {}", answer.body));
        assert!(!rule.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let system = System::start(&home.path().join("data"), &[]);
    let client = Client::machine(&system).await;
    let (registration, id) = client.register("acme", "basic").await;
    client.until(&registration, "Created", PATIENCE).await;
    let before = everything(&client).await;

    for (change, status, field) in [
        (json!({ "tier": "gold" }), 422, "tenantData.tier"),
        (json!({ "tier": 7 }), 422, "tenantData.tier"),
        (json!({ "tenantName": "Not A Name" }), 422, "tenantData.tenantName"),
        (json!({ "tenantName": "x".repeat(41) }), 422, "tenantData.tenantName"),
        (json!({ "tenantName": null }), 422, "tenantData.tenantName"),
        (json!({ "email": "nobody" }), 422, "tenantData.email"),
        (json!({ "tenantName": "acme" }), 409, "tenantData.tenantName"),
        (json!({ "email": "ADMIN@acme.example.com" }), 409, "tenantData.email"),
        (json!({ "useEc2": "true" }), 422, "tenantData.useEc2"),
        (json!({ "useFederation": true }), 422, "tenantData.useFederation"),
    ] {
        let answer = client.admin(Method::POST, "/tenant-registrations", Some(&tenant(&change))).await;
        is_problem(&change.to_string(), &answer, status, Some(field));
    }
    let mut resting = tenant(&json!({}));
    resting["tenantRegistrationData"] = json!({ "registrationStatus": "Resting" });
    let answer = client.admin(Method::POST, "/tenant-registrations", Some(&resting)).await;
    is_problem("an illegal status", &answer, 422, Some("tenantRegistrationData.registrationStatus"));

    let large = tenant(&json!({ "note": "x".repeat(3 << 20) })).to_string();
    let good = tenant(&json!({})).to_string();
    for (what, kind, body, status) in [
        ("an oversized body", "application/json", large.as_str(), 413),
        ("malformed JSON", "application/json", "{\"tenantData\": {", 400),
        ("no object", "application/json", "[]", 422),
        ("a wrong content type", "text/plain", good.as_str(), 415),
    ] {
        let answer = client.raw(Method::POST, "/tenant-registrations", kind, body).await;
        is_problem(what, &answer, status, None);
    }

    for (method, path, body, status, field) in [
        (Method::GET, "/tenants/nobody".to_owned(), None, 404, None),
        (Method::GET, "/tenant-registrations/nobody".to_owned(), None, 404, None),
        (Method::DELETE, "/tenant-registrations/nobody".to_owned(), None, 404, None),
        (Method::GET, "/operations/nobody".to_owned(), None, 404, None),
        (Method::GET, "/nothing/here".to_owned(), None, 404, None),
        (Method::GET, "/tenants?next_token=made-up".to_owned(), None, 422, Some("next_token")),
        (Method::GET, "/tenants?limit=0".to_owned(), None, 422, Some("limit")),
        (Method::GET, "/tenants?limit=101".to_owned(), None, 422, Some("limit")),
        (Method::GET, "/tenants?limit=many".to_owned(), None, 422, Some("limit")),
        (Method::DELETE, format!("/tenants/{id}"), None, 405, None),
        (Method::PUT, "/tenant-registrations".to_owned(), Some(json!({})), 405, None),
        (Method::PUT, format!("/tenants/{id}"), Some(json!({ "tier": "premium" })), 409, Some("tier")),
        (Method::PUT, format!("/tenants/{id}"), Some(json!({ "tenantId": "mine" })), 409, Some("tenantId")),
        (Method::PUT, format!("/tenants/{id}"), Some(json!({ "sbtaws_active": false })), 409, Some("sbtaws_active")),
        (
            Method::PATCH,
            format!("/tenant-registrations/{registration}"),
            Some(json!({ "tenantRegistrationData": { "registrationStatus": "Deleted" } })),
            409,
            Some("tenantRegistrationData.registrationStatus"),
        ),
        (
            Method::PATCH,
            format!("/tenant-registrations/{registration}"),
            Some(json!({ "tenantData": { "tenantName": "other" } })),
            409,
            Some("tenantData.tenantName"),
        ),
        (Method::POST, format!("/tenant-registrations/{registration}/retry"), Some(json!({})), 409, None),
    ] {
        let answer = client.admin(method.clone(), &path, body.as_ref()).await;
        is_problem(&format!("{method} {path} {body:?}"), &answer, status, field);
    }
    assert_eq!(everything(&client).await, before, "nothing was written");
}
