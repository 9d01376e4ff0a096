use serde_json::json;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::lifecycle::{Begin, Ignored};
use tenantry_contract::operation::{Failure, OperationState};
use tenantry_contract::status::Status;
use tenantry_ports::store::ApplyOutcome;

use super::same;
use crate::make::{attributes, registration_id, report, together};
use crate::subject::Subject;

fn failure() -> Verdict {
    Verdict::Failure(Failure::new("no room").at("service/orders"))
}

async fn ignored(s: &Subject, report: tenantry_contract::event::Report) -> Ignored {
    match s.store.apply(report).await.unwrap() {
        ApplyOutcome::Ignored(why) => why,
        ApplyOutcome::Applied { record, .. } => panic!("applied: {record:?}"),
    }
}

pub async fn a_success_creates(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let mut sent = report(&record, Verdict::Success, "e1");
    sent.tenant_data = attributes(&json!({ "tenantConfig": "{\"userPoolId\":\"p\"}" }));
    sent.registration_data = attributes(&json!({ "registrationStatus": "Created", "note": "done" }));
    let after = s.told(sent).await;
    assert_eq!((after.status, after.active), (Status::Created, true));
    same(&after.tenant, &json!({ "colour": "blue", "tenantConfig": "{\"userPoolId\":\"p\"}" }));
    same(&after.registration, &json!({ "campaign": "spring", "note": "done" }));
    assert!(after.generation > record.generation);
    assert_eq!(s.kept(&record).await, after);
    let operation = after.operation.clone().unwrap();
    assert!(matches!(operation.state, OperationState::Succeeded { .. }));
    assert_eq!(s.store.operation(&operation.id).await.unwrap(), Some(operation));
    assert_eq!(s.event_names(&after).await, ["sbt_aws_onboardingRequest", "tenantry_operationEnded"]);
}

pub async fn a_report_is_taken_once(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let failed = s.reported(&record, failure(), "e1").await;
    let retried = s.begun(&failed, Begin::Retry).await;
    // A copy that names no attempt would pass for one on the new attempt.
    let mut copy = report(&record, failure(), "e1");
    copy.attempt = None;
    assert_eq!(ignored(&s, copy).await, Ignored::Repeated);
    assert_eq!(s.kept(&record).await, retried);
}

pub async fn of_many_copies_of_a_report_one_is_taken(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let results = together(12, |_| {
        let (store, sent) = (s.store.clone(), report(&record, Verdict::Success, "e1"));
        async move { store.apply(sent).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|r| matches!(r, ApplyOutcome::Applied { .. })).count(), 1);
    assert_eq!(s.event_names(&record).await, ["sbt_aws_onboardingRequest", "tenantry_operationEnded"]);
}

pub async fn a_report_on_another_attempt_is_stale(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let failed = s.reported(&record, failure(), "e1").await;
    let retried = s.begun(&failed, Begin::Retry).await;
    assert_eq!(ignored(&s, report(&record, Verdict::Success, "e2")).await, Ignored::Stale);
    let offboarding = s.offboarded(&retried).await;
    assert_eq!(ignored(&s, report(&retried, Verdict::Success, "e3")).await, Ignored::Stale);
    let mut kind = report(&offboarding, Verdict::Success, "e4");
    kind.kind = retried.operation.as_ref().map(|op| op.kind);
    assert_eq!(ignored(&s, kind).await, Ignored::OtherKind);
    assert_eq!(s.kept(&record).await, offboarding);
}

pub async fn a_report_on_nobody_is_unknown(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let mut sent = report(&record, Verdict::Success, "e1");
    sent.registration_id = registration_id("nope");
    assert_eq!(ignored(&s, sent).await, Ignored::Unknown);
    assert_eq!(s.kept(&record).await, record);
}

pub async fn an_unsigned_report_counts_for_external_tenants_only(s: Subject) {
    for placement in Placement::ALL {
        let record = s.new_tenant(placement.as_str(), placement).await;
        let mut sent = report(&record, Verdict::Success, placement.as_str());
        sent.attempt = None;
        if placement == Placement::External {
            assert_eq!(s.told(sent).await.status, Status::Created);
        } else {
            assert_eq!(ignored(&s, sent).await, Ignored::Unsigned);
            assert_eq!(s.kept(&record).await, record);
        }
    }
}

pub async fn a_failure_of_ours_turns_to_clean_up(s: Subject) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    let turned = s.reported(&record, failure(), "e1").await;
    assert_eq!(turned.status, Status::InProgress);
    let operation = turned.operation.clone().unwrap();
    assert!(matches!(operation.state, OperationState::CleaningUp { .. }));
    assert_eq!(s.store.operation(&operation.id).await.unwrap(), Some(operation));
    // Somebody has to come and clean up.
    let now = s.time.now();
    assert!(s.work.next_due().await.unwrap().is_some_and(|due| due <= now));

    let failed = s.reported(&turned, Verdict::Failure(Failure::new("later words")), "e2").await;
    assert_eq!(failed.status, Status::Failed);
    assert!(matches!(failed.operation.unwrap().state, OperationState::Failed { failure, .. }
        if failure.reason == "no room" && failure.step.as_deref() == Some("service/orders")));
}

pub async fn what_a_report_may_not_change_is_named(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let mut sent = report(&record, Verdict::Success, "e1");
    sent.tenant_data = attributes(&json!({ "tier": "gold", "tenantName": "acme", "note": "kept" }));
    let ApplyOutcome::Applied { record: after, dropped } = s.store.apply(sent).await.unwrap() else {
        panic!("ignored")
    };
    assert_eq!(dropped, ["tier"]);
    assert_eq!((&after.tier, after.tenant.text("note")), (&record.tier, Some("kept")));
}

pub async fn a_late_success_of_an_external_tenant_counts(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let due = record.operation.as_ref().unwrap().due_at().unwrap();
    s.time.pass(due.since(s.time.now())).await;
    assert!(s.store.expire(&record.tenant_id).await.unwrap());
    assert_eq!(s.kept(&record).await.status, Status::Failed);
    assert_eq!(s.reported(&record, Verdict::Success, "e1").await.status, Status::Created);
}
