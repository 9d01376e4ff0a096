//! Reports of another application plane: whose count, what becomes of the others, and that a PATCH says the same.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_conformance::make::foreign_event;
use tenantry_contract::event::{Event, EventName};
use tenantry_control_plane::run_reports;
use tenantry_ports::bus::{Bus, Consumer, DeadLetter};
use tokio_util::sync::CancellationToken;

use crate::stand::Stand;

fn said(detail_type: &str, id: &str, registration: &Value, output: &Value) -> Event {
    let detail = json!({ "tenantRegistrationId": registration, "jobOutput": output });
    let mut event = foreign_event(EventName::ProvisionSuccess, id, &detail);
    detail_type.clone_into(&mut event.detail_type);
    event
}

/// Publishes one event and waits until it is taken.
async fn taken(stand: &Stand, event: Event) {
    let stop = CancellationToken::new();
    stand.db.publish(vec![event]).await.unwrap();
    let consumer = tokio::spawn(run_reports(stand.cp.clone(), stop.clone()));
    tokio::time::sleep(Duration::from_secs(5)).await;
    // A batch that was begun is finished.
    stop.cancel();
    consumer.await.unwrap();
}

async fn dead(stand: &Stand) -> Vec<DeadLetter> {
    stand.db.inbox(Consumer::ControlPlane).dead_letters(10).await.unwrap()
}

async fn shown(stand: &Stand, data: &Value) -> Value {
    let path = format!("/tenant-registrations/{}", data["tenantRegistrationId"].as_str().unwrap());
    stand.call("GET", &path, None).await.is(200)["data"]["registrationStatus"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_report_counts_from_the_configured_source_alone() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "partner").await;
    for (n, detail_type) in ["sbt_aws_provisionSuccess", "provisionSuccess"].into_iter().enumerate() {
        let mut evil = said(detail_type, &format!("evil{n}"), &data["tenantRegistrationId"], &json!({}));
        evil.source = "evil.source".into();
        taken(&stand, evil).await;
        assert_eq!(shown(&stand, &data).await, "In progress", "{detail_type}");
    }
    assert_eq!(dead(&stand).await, [], "nobody of ours meant it");
    taken(&stand, said("provisionSuccess", "good", &data["tenantRegistrationId"], &json!({}))).await;
    assert_eq!(shown(&stand, &data).await, "Created", "without a prefix it is heard from there");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_somebody_may_have_meant_is_a_dead_letter() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "partner").await;
    let registration = &data["tenantRegistrationId"];
    for (n, (detail_type, id, words)) in [
        ("sbt_aws_provisionSuccess", &json!("nobody"), "no such registration"),
        ("sbt_aws_deprovisionSuccess", registration, "another kind"),
        ("sbt_aws_provisionSucess", registration, "not known"),
        ("provisioned", registration, "not known"),
    ]
    .into_iter()
    .enumerate()
    {
        taken(&stand, said(detail_type, &format!("e{n}"), id, &json!({}))).await;
        let letters = dead(&stand).await;
        assert_eq!(letters.len(), n + 1, "{detail_type}");
        assert!(letters[0].reason.contains(words), "{detail_type}: {}", letters[0].reason);
    }
    // It is over, and nobody need look at it.
    taken(&stand, said("sbt_aws_provisionSuccess", "good", registration, &json!({}))).await;
    taken(&stand, said("sbt_aws_provisionSuccess", "again", registration, &json!({}))).await;
    // Other events of the plane are not for us.
    taken(&stand, said("sbt_aws_ingestUsage", "usage", registration, &json!({}))).await;
    assert_eq!((dead(&stand).await.len(), shown(&stand, &data).await), (4, json!("Created")));
}

#[tokio::test(start_paused = true)]
async fn an_event_and_a_patch_that_say_the_same_end_alike() {
    let stand = Stand::new().await;
    let (good, bad) = ("sbt_aws_provisionSuccess", "sbt_aws_provisionFailure");
    for (n, (detail_type, word, expected)) in [
        (good, json!("Created"), "Created"),
        (good, json!("created"), "created"),
        (good, json!("CREATED"), "CREATED"),
        (good, json!(""), "In progress"),
        (good, json!("Nonsense"), "In progress"),
        (good, json!(null), "In progress"),
        (good, json!(7), "In progress"),
        (bad, json!("Failed"), "Failed"),
        (bad, json!("failed"), "failed"),
        (bad, json!(""), "In progress"),
        (bad, json!("oops"), "In progress"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut output =
            json!({ "tenantData": { "note": "n" }, "tenantRegistrationData": { "registrationStatus": word } });
        if detail_type == bad {
            output["tenantStatus"] = "no room".into();
        }
        let by_event = stand.register(&format!("event{n}"), "partner").await;
        taken(&stand, said(detail_type, &format!("e{n}"), &by_event["tenantRegistrationId"], &output)).await;

        let by_patch = stand.register(&format!("patch{n}"), "partner").await;
        let path = format!("/tenant-registrations/{}", by_patch["tenantRegistrationId"].as_str().unwrap());
        let answer = stand.call("PATCH", &path, Some(&output)).await;
        assert_eq!(answer.status, if expected == "In progress" { 422 } else { 200 }, "{detail_type} {word}");

        let (mut a, mut b) = (stand.record(&by_event["tenantId"]).await, stand.record(&by_patch["tenantId"]).await);
        assert_eq!(shown(&stand, &by_event).await, expected, "{detail_type} {word} by event");
        assert_eq!(shown(&stand, &by_patch).await, expected, "{detail_type} {word} by PATCH");
        if detail_type == good {
            assert_eq!((a.tenant, a.registration), (b.tenant, b.registration), "{word}");
        }
        let failure = |operation: Option<tenantry_contract::operation::Operation>| match operation.unwrap().state {
            tenantry_contract::operation::OperationState::Failed { failure, .. } => Some(failure.reason),
            _ => None,
        };
        assert_eq!(failure(a.operation.take()), failure(b.operation.take()), "{detail_type} {word}");
    }
}
