//! Onboarding, followed live.

use std::process::ExitCode;

use clap::Parser as _;
use serde_json::{Value, json};

use super::fake::Fake;
use super::{Shell, shell};

const CREATE: &str = "registrations create --name acme --email ada@example.com --tier basic";
const STREAM: &str = "GET /events/stream?tenantId=t1";
const OPERATION: &str = "GET /operations/o1";

fn operation(status: &str, steps: &Value, failure: &Value) -> Value {
    let ended = matches!(status, "succeeded" | "failed").then_some("2026-11-22T10:00:01.500Z");
    json!({ "data": {
        "operationId": "o1", "tenantId": "t1", "kind": "onboard", "attempt": 1, "status": status,
        "requestedAt": "2026-11-22T10:00:00.000Z", "endedAt": ended, "steps": steps, "failure": failure,
    }})
}

fn step(name: &str, state: &str, note: Option<&str>) -> Value {
    let ended = (state == "done").then_some("2026-11-22T10:00:00.250Z");
    json!({ "name": name, "action": "create", "state": state, "startedAt": "2026-11-22T10:00:00.000Z",
        "endedAt": ended, "note": note })
}

fn initiated() -> Value {
    json!({ "data": { "tenantRegistrationId": "r1", "tenantId": "t1", "operationId": "o1",
        "message": "Tenant registration initiated" } })
}

async fn onboarding(end: &Value) -> Fake {
    let fake = Fake::signed_in().await;
    fake.on("POST /tenant-registrations", 201, initiated());
    let none = Value::Null;
    fake.on(OPERATION, 200, operation("waiting", &json!([]), &none));
    fake.on(OPERATION, 200, operation("running", &json!([step("user/admin", "running", None)]), &none));
    fake.on(OPERATION, 200, operation("running", &json!([step("user/admin", "retrying", Some("no answer"))]), &none));
    fake.on(OPERATION, 200, end);
    fake
}

fn success() -> Value {
    operation("succeeded", &json!([step("user/admin", "done", None)]), &Value::Null)
}

const SHOWN: &str = "\
Tenant registration initiated: registration r1, tenant t1
waiting to be taken up
  … create  user/admin
  ↻ create  user/admin  (no answer)
  ✓ create  user/admin  250 ms
Onboarding succeeded in 1.5 s.
";

#[tokio::test]
async fn the_steps_come_by_the_stream() {
    let fake = onboarding(&success()).await;
    let event = "id: 1\nevent: tenantry_provisionProgress\ndata: {}\n\n";
    fake.on(STREAM, 200, event.repeat(3));
    assert_eq!(shell(&fake, &format!("{CREATE} --wait")).await.well(), SHOWN);
    let stream = &fake.asked(STREAM)[0];
    assert_eq!(stream.header("authorization"), Some("Bearer access-1"));
    let posted = fake.asked("POST /tenant-registrations")[0].clone();
    let tenant = json!({ "tenantName": "acme", "email": "ada@example.com", "tier": "basic" });
    assert_eq!(posted.json(), json!({ "tenantData": tenant, "tenantRegistrationData": {} }));
    assert!(posted.header("idempotency-key").is_some());
}

#[tokio::test]
async fn and_by_asking_where_there_is_no_stream() {
    let fake = onboarding(&success()).await;
    fake.on(STREAM, 404, json!({ "message": "Nothing is here." }));
    assert_eq!(shell(&fake, &format!("{CREATE} --wait")).await.well(), SHOWN);
}

#[tokio::test]
async fn a_failure_is_the_exit_code_with_its_reason() {
    let failure = json!({ "step": "user/admin", "reason": "the mailbox is full", "remains": [] });
    let fake = onboarding(&operation("failed", &json!([step("user/admin", "failed", Some("full"))]), &failure)).await;
    let done = shell(&fake, &format!("{CREATE} --wait")).await;
    assert_eq!(done.ended, Ok(ExitCode::FAILURE));
    assert_eq!(done.err, "Onboarding failed at user/admin in 1.5 s: the mailbox is full\n");
    assert!(done.out.contains("  ✗ create  user/admin  (full)\n"), "{done:?}");
}

#[tokio::test]
async fn programs_get_one_document() {
    let fake = onboarding(&success()).await;
    let done = shell(&fake, &format!("{CREATE} --json --wait")).await;
    assert!(done.err.contains("✓ create  user/admin"), "{done:?}");
    let document: Value = serde_json::from_str(&done.well()).unwrap();
    assert_eq!(document, success());
    let fake = onboarding(&success()).await;
    let document: Value = serde_json::from_str(&shell(&fake, &format!("{CREATE} --json")).await.well()).unwrap();
    assert_eq!(document, initiated());
}

#[tokio::test]
async fn a_wait_ends_at_its_time() {
    let fake = onboarding(&operation("running", &json!([]), &Value::Null)).await;
    let done = shell(&fake, &format!("{CREATE} --wait --timeout 0")).await;
    assert_eq!(done.ended, Ok(ExitCode::FAILURE));
    assert!(done.err.contains("tenantry operations get o1"), "{done:?}");
}

#[tokio::test]
async fn a_deletion_is_followed_by_the_tenants_newest_operation() {
    let fake = Fake::signed_in().await;
    let path = "/tenant-registrations/r1";
    let message = json!({ "data": { "message": "Tenant registration deletion initiated" } });
    fake.on(&format!("DELETE {path}"), 200, message);
    fake.on(&format!("GET {path}"), 200, json!({ "data": { "tenantRegistrationId": "r1", "tenantId": "t1" } }));
    fake.on("GET /tenants/t1/operations?limit=1", 200, json!({ "data": [success()["data"]] }));
    fake.on(OPERATION, 200, success());
    let out = shell(&fake, "registrations delete r1 --wait").await.well();
    assert!(out.starts_with("Tenant registration deletion initiated\n"), "{out}");
}

#[tokio::test]
async fn a_retry_is_followed_too() {
    let fake = Fake::signed_in().await;
    fake.on("POST /tenant-registrations/r1/retry", 200, initiated()).on(OPERATION, 200, success());
    let out = shell(&fake, "registrations retry r1 --wait").await.well();
    assert!(out.ends_with("Onboarding succeeded in 1.5 s.\n"), "{out}");
    let nothing = json!({ "message": "only a failed onboarding or offboarding can be retried", "statusCode": 409 });
    fake.on("POST /tenant-registrations/r2/retry", 409, nothing);
    let done = shell(&fake, "registrations retry r2 --wait").await;
    assert_eq!(done.error(), "only a failed onboarding or offboarding can be retried (409)");
}

#[tokio::test]
async fn an_update_sends_what_was_given() {
    let fake = Fake::signed_in().await;
    let line = "PATCH /tenant-registrations/r1";
    fake.on(line, 200, json!({ "data": { "message": "Tenant registration updated successfully" } }));
    shell(&fake, "registrations update r1 --set seats=5 --set plan=gold --set-registration x=null").await.well();
    let expected = json!({ "tenantData": { "seats": 5, "plan": "gold" }, "tenantRegistrationData": { "x": null } });
    assert_eq!(fake.asked(line)[0].json(), expected);
}

#[test]
fn an_update_of_nothing_is_a_mistake() {
    for line in ["registrations update r1", "tenants update t1", "users update ada"] {
        let refused = Shell::try_parse_from(["tenantry"].into_iter().chain(line.split(' ')));
        let refused = refused.map(|shell| shell.command).unwrap_err().to_string();
        assert!(refused.contains("the following required arguments were not provided"), "{line}: {refused}");
    }
}
