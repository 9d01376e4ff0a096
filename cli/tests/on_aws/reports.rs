//! What comes to the control plane's queue that it has heard before, too late, or not from us: it changes nothing, and
//! is in nobody's way.

use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::types::{Message, QueueAttributeName as Name};
use reqwest::Method;
use serde_json::{Value, json};
use tenantry_contract::catalogue::Catalogue;

use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(60);
/// Of the tests' other application plane.
const PLANE: &str = "sbt.application.plane";
/// What the control plane says of each report that it passes over.
const IGNORED: &str = "a report ends nothing:";
/// And of each message that it puts aside, as somebody may have meant it.
const REJECTED: &str = "a report ends nothing and goes to the dead letters:";

/// A control plane alone: tenants are placed by another application plane, whose reports are what a test sends.
struct Scene {
    stage: Stage,
    control_plane: Role,
    client: Client,
    _catalogue: tempfile::NamedTempFile,
}

/// A tenant with its operation.
struct Tenant {
    registration: String,
    id: String,
    operation: String,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let catalogue = tempfile::NamedTempFile::new().unwrap();
        let partner = "\n[[tiers]]\nname = \"partner\"\nplacement = \"external\"\n";
        std::fs::write(catalogue.path(), Catalogue::DEFAULT.to_owned() + partner).unwrap();
        let mut command = command(&stage, "control-plane");
        command.env("TENANTRY_CATALOGUE", catalogue.path());
        command.env("TENANTRY_LOG", "info,tenantry_control_plane::reports=debug");
        let control_plane = Role::spawn(command);
        let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
        Self { stage, control_plane, client, _catalogue: catalogue }
    }

    async fn register(&self, name: &str, tier: &str) -> Tenant {
        let (registration, id) = self.client.register(name, tier).await;
        let operations = self.client.admin(Method::GET, &format!("/tenants/{id}/operations"), None).await;
        let operation = operations.body["data"][0]["operationId"].as_str().unwrap().to_owned();
        Tenant { registration, id, operation }
    }

    async fn operation(&self, id: &str) -> Value {
        let answer = self.client.admin(Method::GET, &format!("/operations/{id}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["data"].clone()
    }

    /// All that clients can know of a tenant.
    async fn known(&self, tenant: &Tenant) -> Value {
        let Tenant { registration, id, .. } = tenant;
        let mut known = Vec::new();
        for path in [
            format!("/tenant-registrations/{registration}"),
            format!("/tenants/{id}"),
            format!("/tenants/{id}/operations"),
            format!("/events?tenantId={id}"),
        ] {
            let answer = self.client.admin(Method::GET, &path, None).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            known.push(answer.body);
        }
        known.into()
    }

    /// Events that say that an operation of the tenant has ended.
    async fn ends(&self, tenant: &Tenant) -> usize {
        let path = format!("/events?tenantId={}&detailType=tenantry_operationEnded", tenant.id);
        let answer = self.client.admin(Method::GET, &path, None).await;
        answer.body["data"].as_array().unwrap().len()
    }

    /// Puts an event onto the bus.
    async fn put(&self, source: &str, kind: &str, detail: &Value) {
        let entry = PutEventsRequestEntry::builder().event_bus_name(format!("{}-bus", self.stage.name));
        let entry = entry.source(source).detail_type(kind).detail(detail.to_string()).build();
        let put = aws_sdk_eventbridge::Client::new(&self.stage.sdk).put_events().entries(entry).send().await.unwrap();
        assert_eq!(put.failed_entry_count, 0);
    }

    /// Puts a message into the control plane's queue, past the bus.
    async fn send(&self, body: &str) {
        let sqs = aws_sdk_sqs::Client::new(&self.stage.sdk);
        let queue = self.queue("").await;
        sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    async fn queue(&self, suffix: &str) -> String {
        let sqs = aws_sdk_sqs::Client::new(&self.stage.sdk);
        let name = format!("{}-control-plane{suffix}", self.stage.name);
        sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap()
    }

    /// Waits until the control plane has passed over so many reports since it started.
    async fn ignored(&self, count: usize) {
        self.said(IGNORED, count).await;
    }

    /// Waits until it has put so many messages aside.
    async fn rejected(&self, count: usize) {
        self.said(REJECTED, count).await;
    }

    async fn said(&self, words: &str, times: usize) {
        let said = || self.control_plane.log().lines().filter(|line| line.contains(words)).count();
        let what = format!("{words:?} to be said {times} times");
        eventually(&what, PATIENCE, || async { (said() >= times).then_some(()) }).await;
        assert_eq!(said(), times, "{words:?}");
    }

    /// Waits until nothing is in the queue and nothing of it in anybody's hands.
    async fn drained(&self) {
        let sqs = aws_sdk_sqs::Client::new(&self.stage.sdk);
        let queue = self.queue("").await;
        let counts = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
        eventually("the queue to be empty", PATIENCE, || async {
            let asked = sqs.get_queue_attributes().queue_url(&queue).set_attribute_names(Some(counts.to_vec()));
            let answer = asked.send().await.unwrap().attributes.unwrap();
            counts.iter().all(|count| answer[count] == "0").then_some(())
        })
        .await;
    }

    /// Why each message was given up on.
    async fn dead_letters(&self) -> Vec<String> {
        let sqs = aws_sdk_sqs::Client::new(&self.stage.sdk);
        let queue = self.queue("-dead").await;
        let mut all = Vec::new();
        loop {
            let asked = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).visibility_timeout(600);
            let some = asked.message_attribute_names("All").send().await.unwrap().messages.unwrap_or_default();
            if some.is_empty() {
                return all;
            }
            let reason =
                |message: &Message| message.message_attributes()?.get("reason")?.string_value().map(str::to_owned);
            all.extend(some.iter().map(|message| reason(message).expect("a reason")));
        }
    }
}

/// A report of the attempt, as an application plane that knows its number sends it.
fn report(tenant: &Tenant, operation: &str, attempt: u32, event: &str) -> Value {
    json!({
        "tenantRegistrationId": tenant.registration,
        "operationId": operation,
        "attempt": attempt,
        "eventId": event,
        "jobOutput": { "tenantData": { "place": event } },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_thrice_too_late_or_out_of_order_changes_nothing() {
    let scene = Scene::new().await;
    let acme = scene.register("acme", "partner").await;
    let onboarding = acme.operation.clone();
    let tell = async |kind: &str, operation: &str, attempt: u32, event: &str| {
        scene.put(PLANE, kind, &report(&acme, operation, attempt, event)).await;
    };

    // Its first attempt fails; the report of it comes thrice.
    for _ in 0..3 {
        tell("sbt_aws_provisionFailure", &onboarding, 1, "first-failed").await;
    }
    eventually("the failure to be taken", PATIENCE, || async {
        (scene.client.status(&acme.registration).await == "Failed").then_some(())
    })
    .await;
    scene.ignored(2).await;
    assert_eq!(scene.ends(&acme).await, 1);

    // Of a second attempt, what is said of the first is no news, whether it was said before or not.
    let path = format!("/tenant-registrations/{}/retry", acme.registration);
    let answer = scene.client.admin(Method::POST, &path, None).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    assert_eq!(scene.operation(&onboarding).await["attempt"], 2);
    let before = scene.known(&acme).await;
    tell("sbt_aws_provisionFailure", &onboarding, 1, "first-failed").await;
    tell("sbt_aws_provisionFailure", &onboarding, 1, "first-failed-late").await;
    tell("sbt_aws_provisionSuccess", &onboarding, 1, "first-succeeded-late").await;
    tell("sbt_aws_provisionSuccess", &onboarding, 3, "third-succeeded-early").await;
    tell("sbt_aws_provisionSuccess", "another", 2, "of-another-operation").await;
    tell("sbt_aws_deprovisionSuccess", &onboarding, 2, "of-another-kind").await;
    scene.ignored(7).await;
    scene.rejected(1).await;
    scene.drained().await;
    assert_eq!(scene.known(&acme).await, before);

    // Its own ends it once. What is over stays as it ended.
    for _ in 0..3 {
        tell("sbt_aws_provisionSuccess", &onboarding, 2, "second-succeeded").await;
    }
    scene.client.until(&acme.registration, "Created", PATIENCE).await;
    scene.ignored(9).await;
    assert_eq!(scene.ends(&acme).await, 2, "one end of each attempt");
    let before = scene.known(&acme).await;
    assert!(before.to_string().contains("second-succeeded"), "{before}");
    tell("sbt_aws_provisionFailure", &onboarding, 2, "second-failed-late").await;
    tell("sbt_aws_provisionSuccess", &onboarding, 2, "second-succeeded-again").await;
    tell("sbt_aws_deprovisionSuccess", &onboarding, 2, "removed-unasked").await;
    scene.ignored(11).await;
    scene.rejected(2).await;
    scene.drained().await;
    assert_eq!(scene.known(&acme).await, before);

    // The same of an offboarding, with an onboarding's report that comes in the middle of it.
    scene.client.offboard(&acme.registration).await;
    let operations = scene.client.admin(Method::GET, &format!("/tenants/{}/operations", acme.id), None).await;
    let operations = operations.body["data"].as_array().unwrap();
    let offboarding = operations.iter().find(|operation| operation["kind"] == "offboard").unwrap();
    let offboarding = offboarding["operationId"].as_str().unwrap();
    let before = scene.known(&acme).await;
    tell("sbt_aws_provisionSuccess", &onboarding, 2, "second-succeeded-once-more").await;
    scene.ignored(12).await;
    assert_eq!(scene.known(&acme).await, before);
    for _ in 0..3 {
        tell("sbt_aws_deprovisionSuccess", offboarding, 1, "removed").await;
    }
    scene.client.until(&acme.registration, "Deleted", PATIENCE).await;
    scene.ignored(14).await;
    let before = scene.known(&acme).await;
    tell("sbt_aws_deprovisionFailure", offboarding, 1, "not-removed-late").await;
    scene.ignored(15).await;
    scene.drained().await;
    assert_eq!(scene.known(&acme).await, before);
    assert_eq!(scene.ends(&acme).await, 3);
    // Those of another kind are kept: somebody may have meant them.
    let kept = format!("the report on registration {}: the current operation is of another kind", acme.registration);
    assert_eq!(scene.dead_letters().await, [kept.clone(), kept]);
    assert!(scene.control_plane.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_events_change_nothing_and_poison_is_put_aside_with_its_reason() {
    let scene = Scene::new().await;
    let acme = scene.register("acme", "partner").await;
    // Ours, whose operation nobody may end who does not know its number.
    let own = scene.register("own", "basic").await;
    let before = [scene.known(&acme).await, scene.known(&own).await];

    // From a source that is not the application plane's: no rule matches them.
    let about = json!({ "tenantRegistrationId": acme.registration });
    for kind in ["com.stranger.news", "sbt_aws_unheardOf", "sbt_aws_provisionSuccess", "sbt_aws_provisionFailure"] {
        scene.put("com.stranger", kind, &about).await;
    }
    // Past the bus, the control plane itself looks at the source.
    let envelope = json!({
        "id": "1", "source": "com.stranger", "detail-type": "sbt_aws_provisionSuccess",
        "time": "2026-01-01T00:00:00Z", "detail": about,
    });
    scene.send(&envelope.to_string()).await;
    // Ours, whose operation they do not name.
    scene.put(PLANE, "sbt_aws_provisionSuccess", &json!({ "tenantRegistrationId": own.registration })).await;
    scene.put(PLANE, "sbt_aws_provisionFailure", &json!({ "tenantRegistrationId": own.registration })).await;
    scene.ignored(3).await;
    // Somebody may have meant these.
    scene.put(PLANE, "sbt_aws_provisionSuccess", &json!({ "tenantRegistrationId": "nobody" })).await;
    scene.put(PLANE, "sbt_aws_unheardOf", &about).await;
    scene.rejected(2).await;

    // Poison, of each kind.
    let (heard, registration) = ("sbt_aws_provisionSuccess", acme.registration.as_str());
    let malformed = [
        (json!({}), "detail.tenantRegistrationId is missing or no id"),
        (json!({ "tenantRegistrationId": 7 }), "detail.tenantRegistrationId is missing or no id"),
        (
            json!({ "tenantRegistrationId": registration, "operationId": acme.operation }),
            "detail.operationId and detail.attempt must come together, an id and a number",
        ),
        (
            json!({ "tenantRegistrationId": registration, "operationId": acme.operation, "attempt": "1" }),
            "detail.operationId and detail.attempt must come together, an id and a number",
        ),
        (
            json!({ "tenantRegistrationId": registration, "jobOutput": { "tenantData": "all of it" } }),
            "detail.jobOutput.tenantData must be an object",
        ),
    ];
    for (detail, _) in &malformed {
        scene.put(PLANE, heard, detail).await;
    }
    scene.send("not an event at all").await;
    scene.send(r#"{"detail-type":"sbt_aws_provisionSuccess"}"#).await;
    scene.rejected(2 + malformed.len() + 2).await;
    scene.drained().await;
    assert_eq!([scene.known(&acme).await, scene.known(&own).await], before);
    let mut reasons = scene.dead_letters().await;
    reasons.sort();
    let (not_events, others): (Vec<_>, Vec<_>) = reasons.into_iter().partition(|r| r.starts_with("not an event: "));
    let (unknown, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|r| r.starts_with("the detail-type "));
    assert!(unknown.len() == 1 && unknown[0].contains("sbt_aws_unheardOf"), "{unknown:?}");
    let mut expected: Vec<_> = malformed.iter().map(|(_, reason)| (*reason).to_owned()).collect();
    expected.push("the report on registration nobody: there is no such registration".to_owned());
    expected.sort();
    assert_eq!(others, expected);
    assert_eq!(not_events.len(), 2, "{not_events:?}");

    // The queue goes on.
    scene.put(PLANE, heard, &report(&acme, &acme.operation, 1, "done")).await;
    scene.client.until(&acme.registration, "Created", PATIENCE).await;
    assert_eq!(scene.ends(&acme).await, 1);
    assert!(scene.control_plane.terminate().success());
}
