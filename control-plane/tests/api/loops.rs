//! The report consumer and the deadline reaper.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_conformance::fault::{FaultyBus, FaultyStore, Plan};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::event::{Draft, Event, EventName, Sources, Verdict, report_detail};
use tenantry_contract::id::EventId;
use tenantry_contract::operation::Failure;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_control_plane::{run_reaper, run_reports};
use tenantry_ports::bus::{Bus, Consumer};
use tokio_util::sync::CancellationToken;

use crate::stand::Stand;

fn stamped(stand: &Stand, draft: Draft, id: &str) -> Event {
    draft.stamp(EventId::parse(id).unwrap(), stand.cp.clock.now(), &Sources::default())
}

fn report(stand: &Stand, record: &TenantRecord, verdict: &Verdict, data: Value, id: &str) -> Event {
    let Value::Object(data) = data else { unreachable!("data is an object") };
    let operation = record.operation.as_ref().unwrap();
    stamped(stand, report_detail(record, operation, verdict, &Attributes(data)), id)
}

async fn until(stand: &Stand, tenant: &Value, status: Status) -> TenantRecord {
    for _ in 0..10_000 {
        let record = stand.record(tenant).await;
        if record.status == status {
            return record;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("never {status}: {:?}", stand.record(tenant).await);
}

#[tokio::test(start_paused = true)]
async fn reports_end_operations_whatever_else_is_in_the_batch() {
    let stand = Stand::new().await;
    let stop = CancellationToken::new();
    let mut tenants = Vec::new();
    for n in 0..20 {
        tenants.push(stand.register(&format!("t{n}"), "basic").await);
    }
    let mut events = Vec::new();
    for (n, data) in tenants.iter().enumerate() {
        let record = stand.record(&data["tenantId"]).await;
        // A plane may send the configuration as an object, and may try what it may not.
        let sent = json!({"tenantConfig": {"userPoolId": "local_p", "appClientId": "c"}, "tier": "premium"});
        let good = report(&stand, &record, &Verdict::Success, sent, &format!("e{n}"));
        events.extend([good.clone(), good]);
    }
    let mut bad = events[0].clone();
    bad.detail.insert("eventId".into(), "bad".into());
    bad.detail.remove("tenantRegistrationId");
    let unsigned = Draft {
        name: EventName::ProvisionFailure,
        detail: json!({"tenantRegistrationId": tenants[0]["tenantRegistrationId"]}).as_object().unwrap().clone(),
    };
    events.insert(0, bad);
    events.insert(1, stamped(&stand, unsigned, "unsigned"));
    stand.db.publish(events).await.unwrap();
    let consumer = tokio::spawn(run_reports(stand.cp.clone(), stop.clone()));

    for data in &tenants {
        let record = until(&stand, &data["tenantId"], Status::Created).await;
        assert_eq!(record.tier, "basic");
        assert!(record.tenant.text("tenantConfig").is_some(), "kept as text");
    }
    let inbox = stand.db.inbox(Consumer::ControlPlane);
    for _ in 0..1000 {
        if !inbox.dead_letters(10).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let dead = inbox.dead_letters(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].reason.contains("tenantRegistrationId"), "{}", dead[0].reason);
    stop.cancel();
    consumer.await.unwrap();
    let left = inbox.receive(10, Duration::from_secs(120), Duration::from_secs(1)).await.unwrap();
    assert_eq!(left, [], "all were acknowledged");
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_ours_turns_to_clean_up_first() {
    let stand = Stand::new().await;
    let stop = CancellationToken::new();
    let consumer = tokio::spawn(run_reports(stand.cp.clone(), stop.clone()));
    let data = stand.register("acme", "basic").await;
    let record = stand.record(&data["tenantId"]).await;
    let verdict = Verdict::Failure(Failure::new("no room"));
    stand.db.publish(vec![report(&stand, &record, &verdict, json!({}), "f1")]).await.unwrap();
    let path = format!("/operations/{}", data["operationId"].as_str().unwrap());
    let mut status = Value::Null;
    for _ in 0..1000 {
        status = stand.call("GET", &path, None).await.is(200)["data"]["status"].clone();
        if status == "cleaningUp" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, "cleaningUp");
    stop.cancel();
    consumer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_stays_under_way() {
    let stand = Stand::new().await;
    let stop = CancellationToken::new();
    let foreign = stand.register("foreign", "partner").await;
    let pooled = stand.register("pooled", "basic").await;
    let began = tokio::time::Instant::now();
    let reaper = tokio::spawn(run_reaper(stand.cp.clone(), stop.clone()));
    // Nobody provisions here: a wait of ten minutes, then five of clean-up.
    let record = until(&stand, &pooled["tenantId"], Status::Failed).await;
    assert!((15 * 60..17 * 60).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(record.operation.unwrap().ended());
    until(&stand, &foreign["tenantId"], Status::Failed).await;
    assert!((90 * 60..91 * 60).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    stop.cancel();
    reaper.await.unwrap();

    // A success that comes late from another application plane is accepted.
    let path = format!("/tenant-registrations/{}", foreign["tenantRegistrationId"].as_str().unwrap());
    let late = json!({"tenantRegistrationData": {"registrationStatus": "Created"}});
    let answer = stand.call("PATCH", &path, Some(&late)).await.is(200);
    assert_eq!(answer["data"]["tenantRegistration"]["registrationStatus"], "Created");
}

#[tokio::test(start_paused = true)]
async fn every_report_is_taken_once_though_store_and_bus_fail() {
    let stand = Stand::new().await;
    let stop = CancellationToken::new();
    let plan = Plan::seeded(11).sometimes("store.apply", 400).sometimes("inbox", 300);
    let mut cp = stand.cp.clone();
    cp.store = Arc::new(FaultyStore::new(Arc::clone(&cp.store), plan.clone()));
    cp.bus = Arc::new(FaultyBus::new(Arc::clone(&cp.bus), plan.clone()));
    let mut tenants = Vec::new();
    for n in 0..30 {
        let data = stand.register(&format!("t{n}"), "basic").await;
        let record = stand.record(&data["tenantId"]).await;
        let good = report(&stand, &record, &Verdict::Success, json!({}), &format!("e{n}"));
        stand.db.publish(vec![good]).await.unwrap();
        tenants.push(data);
    }
    let consumer = tokio::spawn(run_reports(cp, stop.clone()));
    for data in &tenants {
        until(&stand, &data["tenantId"], Status::Created).await;
    }
    stop.cancel();
    consumer.await.unwrap();
    assert!(plan.calls().len() > 40, "{:?}", plan.calls());
    let ended = stand.call("GET", "/events?limit=100&detailType=tenantry_operationEnded", None).await.is(200);
    assert_eq!(ended["data"].as_array().unwrap().len(), 30, "each operation ends once");
}
