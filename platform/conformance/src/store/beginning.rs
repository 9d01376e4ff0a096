use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::operation::{Failure, OperationKind, OperationState};
use tenantry_contract::status::Status;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::BeginOutcome;

use crate::make::{registration_id, together};
use crate::subject::Subject;

pub async fn an_offboarding_takes_the_place_of_an_onboarding(s: Subject) {
    let before = s.new_tenant("acme", Placement::DedicatedServices).await;
    let after = s.offboarded(&before).await;
    assert_eq!((after.status, after.active), (Status::Deleting, false));
    assert!(after.generation > before.generation);
    assert_eq!(s.kept(&before).await, after);

    let old = s.store.operation(&before.operation.unwrap().id).await.unwrap().unwrap();
    assert!(matches!(old.state, OperationState::Superseded { .. }));
    let new = after.operation.clone().unwrap();
    assert_eq!((new.kind, new.attempt), (OperationKind::Offboard, 1));
    assert_eq!(s.store.operation(&new.id).await.unwrap().as_ref(), Some(&new));
    assert_eq!(
        s.event_names(&after).await,
        ["sbt_aws_offboardingRequest", "sbt_aws_onboardingRequest", "tenantry_operationEnded"]
    );
}

pub async fn of_many_offboardings_one_begins(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let results = together(12, |_| {
        let (store, id) = (s.store.clone(), record.registration_id.clone());
        let budget = record.placement.default_budget();
        async move { store.begin(&id, Begin::Offboard, budget, None, None).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|r| matches!(r, BeginOutcome::Begun(_))).count(), 1);
    assert_eq!(results.iter().filter(|r| matches!(r, BeginOutcome::Unchanged(_))).count(), 11);
    assert_eq!(s.store.operations(&record.tenant_id, PageRequest::first(50)).await.unwrap().items.len(), 2);
    assert_eq!(s.event_names(&record).await.iter().filter(|n| n.contains("offboardingRequest")).count(), 1);
}

pub async fn a_retry_is_the_next_attempt(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let failed = s.reported(&record, Verdict::Failure(Failure::new("no room")), "e1").await;
    assert_eq!(failed.status, Status::Failed);
    let retried = s.begun(&failed, Begin::Retry).await;
    assert_eq!(retried.status, Status::InProgress);
    let (old, new) = (failed.operation.unwrap(), retried.operation.clone().unwrap());
    assert_eq!((&new.id, new.attempt), (&old.id, old.attempt + 1));
    assert_eq!(s.store.operation(&new.id).await.unwrap(), Some(new));
    let requests: Vec<_> = s.events(&record).await;
    let attempts = requests.iter().filter(|e| e.detail_type.contains("onboardingRequest"));
    let mut attempts: Vec<_> = attempts.map(|e| e.detail["attempt"].as_u64().unwrap()).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 2]);
}

pub async fn what_cannot_begin_is_refused(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let budget = record.placement.default_budget();
    let refused = s.store.begin(&record.registration_id, Begin::Retry, budget, None, None).await.unwrap();
    assert!(matches!(refused, BeginOutcome::Refused(_)), "{refused:?}");
    assert_eq!(s.kept(&record).await, record);
    assert_eq!(s.events(&record).await.len(), 1);
}

pub async fn an_unknown_registration_is_not_found(s: Subject) {
    let budget = Placement::Pooled.default_budget();
    let outcome = s.store.begin(&registration_id("nope"), Begin::Offboard, budget, None, None).await.unwrap();
    assert_eq!(outcome, BeginOutcome::NotFound);
}
