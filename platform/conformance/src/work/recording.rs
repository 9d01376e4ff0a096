use serde_json::json;
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Event, EventName, Report, Verdict};
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::operation::{Failure, OperationState, Step, StepAction, StepState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::Consumer;
use tenantry_ports::work::{Claim, Done, Held, Release};

use super::owners;
use crate::make::{attributes, owner, present};
use crate::subject::Subject;

async fn at_work(s: &Subject) -> (TenantRecord, Claim) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    let claim = s.claimed(&owner(&record)).await;
    (record, claim)
}

async fn record(s: &Subject, claim: &Claim, done: Done) -> u64 {
    match s.work.record(&claim.hold, done).await.unwrap() {
        Held::Still { generation } => generation,
        Held::Lost => panic!("lost"),
    }
}

fn step(state: StepState, at: Timestamp) -> Step {
    let (name, ended_at) = ("service/orders".into(), (state == StepState::Done).then_some(at));
    Step { name, action: StepAction::Create, state, started_at: at, ended_at, note: None }
}

async fn reports(s: &Subject) -> Vec<Event> {
    s.taken(Consumer::ControlPlane, |events| !events.is_empty()).await
}

fn verdict(verdict: Verdict) -> Done {
    let tenant_data = attributes(&json!({ "tenantConfig": "{\"userPoolId\":\"p\"}" }));
    Done { verdict: Some((verdict, tenant_data)), ..Done::default() }
}

pub async fn steps_are_kept_with_the_operation(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let at = s.time.now();
    let other = Step { name: "pool/users".into(), ..step(StepState::Running, at) };
    record(&s, &claim, Done { steps: vec![step(StepState::Running, at), other], ..Done::default() }).await;
    record(&s, &claim, Done { steps: vec![step(StepState::Done, at)], ..Done::default() }).await;
    let operation = s.kept(&tenant).await.operation.unwrap();
    let mut states: Vec<_> = operation.steps.iter().map(|step| (step.name.as_str(), step.state)).collect();
    states.sort_by_key(|(name, _)| *name);
    assert_eq!(states, [("pool/users", StepState::Running), ("service/orders", StepState::Done)]);
    assert_eq!(s.store.operation(&operation.id).await.unwrap(), Some(operation));
    assert_eq!(s.event_names(&tenant).await, ["sbt_aws_onboardingRequest"], "nothing was to be told");
}

pub async fn progress_is_told_when_asked(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let steps = vec![step(StepState::Running, s.time.now())];
    record(&s, &claim, Done { steps, announce: true, ..Done::default() }).await;
    let told = s.events(&tenant).await;
    let told = told.iter().find(|e| e.name() == Some(EventName::ProvisionProgress)).expect("progress was told");
    assert_eq!(told.source, "sbt.application.plane");
    assert_eq!(told.detail["steps"][0]["name"], "service/orders");
    assert_eq!(told.detail["operationId"], tenant.operation.unwrap().id.as_str());
}

pub async fn a_verdict_is_told_and_ends_the_operation(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    record(&s, &claim, verdict(Verdict::Success)).await;
    assert_eq!(s.kept(&tenant).await.status, Status::InProgress, "the control plane decides");
    let heard = reports(&s).await;
    assert_eq!(heard[0].name(), Some(EventName::ProvisionSuccess));
    let report = Report::from_event(&heard[0]).unwrap().expect("it is a report");
    assert_eq!(report.registration_id, tenant.registration_id);
    let after = s.told(report).await;
    assert_eq!((after.status, after.tenant.text("tenantConfig")), (Status::Created, Some("{\"userPoolId\":\"p\"}")));

    s.released(&claim, None).await;
    let offboarding = s.offboarded(&after).await;
    let claim = s.claimed(&owner(&offboarding)).await;
    record(&s, &claim, Done { verdict: Some((Verdict::Success, Attributes::default())), ..Done::default() }).await;
    let heard = reports(&s).await;
    assert_eq!(heard[0].name(), Some(EventName::DeprovisionSuccess));
    let report = Report::from_event(&heard[0]).unwrap().expect("it is a report");
    assert_eq!(s.told(report).await.status, Status::Deleted);
}

pub async fn a_failed_verdict_carries_its_reason(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let failure = Failure { remains: vec!["cluster/main".into()], ..Failure::new("no room").at("service/orders") };
    record(&s, &claim, Done { turn: Some(failure.clone()), ..Done::default() }).await;
    let again = Claim { hold: refreshed(&s, &claim).await, ..claim };
    record(&s, &again, verdict(Verdict::Failure(failure.clone()))).await;
    let heard = reports(&s).await;
    assert_eq!(heard[0].name(), Some(EventName::ProvisionFailure));
    let after = s.told(Report::from_event(&heard[0]).unwrap().expect("it is a report")).await;
    assert_eq!((after.tenant_id, after.status), (tenant.tenant_id, Status::Failed));
    assert!(matches!(after.operation.unwrap().state, OperationState::Failed { failure: kept, .. } if kept == failure));
}

/// The hold as a worker has it that has looked again: it decides by the newest generation.
async fn refreshed(s: &Subject, claim: &Claim) -> tenantry_ports::work::Hold {
    let generation = record(s, claim, Done::default()).await;
    tenantry_ports::work::Hold { generation, ..claim.hold.clone() }
}

pub async fn a_verdict_of_an_older_generation_is_not_told(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let newer = s.offboarded(&tenant).await;
    assert_eq!(record(&s, &claim, verdict(Verdict::Success)).await, newer.generation);
    assert_eq!(s.taken(Consumer::ControlPlane, |_| false).await, []);
    assert_eq!(s.kept(&tenant).await, newer);
}

pub async fn a_turn_gives_the_operation_up(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let before = s.kept(&tenant).await;
    let failure = Failure::new("no room").at("service/orders");
    let generation = record(&s, &claim, Done { turn: Some(failure.clone()), ..Done::default() }).await;
    let after = s.kept(&tenant).await;
    assert!(generation > before.generation && generation == after.generation);
    let operation = after.operation.unwrap();
    let OperationState::CleaningUp { until, failure: kept, .. } = operation.state.clone() else {
        panic!("not cleaning up: {operation:?}")
    };
    assert_eq!(kept, failure);
    assert!(until > s.time.now());
    assert_eq!(s.store.operation(&operation.id).await.unwrap(), Some(operation));
    s.time.pass(until.since(s.time.now())).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), [after.tenant_id]);
}

pub async fn a_turn_can_release_too(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let release = Some(Release { next: Some(s.time.now()) });
    let entry = present("pool", "users");
    let gone = vec![entry.resource.id.clone()];
    let turn = Some(Failure::new("no room"));
    record(&s, &claim, Done { turn, release, entries: vec![entry], gone, ..Done::default() }).await;
    let again = s.claims(2, 10).await;
    assert_eq!(owners(&again), [owner(&tenant)]);
    assert_eq!(again[0].inventory, [], "what is gone is gone");
    assert!(matches!(s.kept(&tenant).await.operation.unwrap().state, OperationState::CleaningUp { .. }));
}

pub async fn a_turn_of_an_older_generation_does_not(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let newer = s.offboarded(&tenant).await;
    let done = Done { turn: Some(Failure::new("no room")), ..Done::default() };
    assert_eq!(record(&s, &claim, done).await, newer.generation);
    assert_eq!(s.kept(&tenant).await, newer);
}

pub async fn facts_are_kept_whatever_the_generation(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    s.offboarded(&tenant).await;
    let entries = vec![present("pool", "users")];
    let done = Done { entries: entries.clone(), ..verdict(Verdict::Success) };
    record(&s, &claim, done).await;
    assert_eq!(s.work.inventory(&owner(&tenant)).await.unwrap(), entries);
    assert_eq!(s.taken(Consumer::ControlPlane, |_| false).await, []);
}

pub async fn steps_of_an_older_attempt_are_not_the_newer_ones(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let late = |at| Done { steps: vec![step(StepState::Done, at)], announce: true, ..Done::default() };
    let turned = record(&s, &claim, Done { turn: Some(Failure::new("no room")), ..Done::default() }).await;
    record(&s, &claim, late(s.time.now())).await;
    let kept = s.kept(&tenant).await;
    assert_eq!((kept.generation, kept.operation.unwrap().steps.len()), (turned, 1), "the attempt is still the same");

    s.reported(&s.kept(&tenant).await, Verdict::Failure(Failure::new("clean")), "e1").await;
    let retried = s.begun(&tenant, Begin::Retry).await;
    record(&s, &claim, late(s.time.now())).await;
    assert_eq!(s.kept(&tenant).await, retried, "the next attempt has done nothing yet");

    let offboarding = s.offboarded(&retried).await;
    record(&s, &claim, late(s.time.now())).await;
    assert_eq!(s.kept(&tenant).await, offboarding);
    let told = s.event_names(&tenant).await.into_iter().filter(|name| name.contains("Progress")).count();
    assert_eq!(told, 1, "progress of the first attempt alone");
}

pub async fn a_record_can_release_too(s: Subject) {
    let (tenant, claim) = at_work(&s).await;
    let next = s.time.now();
    let entries = vec![present("pool", "users")];
    record(
        &s,
        &claim,
        Done { entries: entries.clone(), release: Some(Release { next: Some(next) }), ..Done::default() },
    )
    .await;
    assert_eq!(s.work.record(&claim.hold, Done::default()).await.unwrap(), Held::Lost);
    let again = s.claims(2, 10).await;
    assert_eq!(owners(&again), [owner(&tenant)]);
    assert_eq!(again[0].inventory, entries);
    let done = Done { release: Some(Release { next: None }), ..Done::default() };
    record(&s, &again[0], done).await;
    assert_eq!(s.claims(2, 10).await, []);
}
