use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::operation::{Failure, OperationState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_ports::work::{Done, Held};

use crate::make::{owner, present, tenant_id, together, worker};
use crate::subject::Subject;

async fn until_due(s: &Subject, record: &TenantRecord) {
    let due = s.kept(record).await.operation.unwrap().due_at().unwrap();
    s.time.pass(due.since(s.time.now())).await;
}

async fn failure(s: &Subject, record: &TenantRecord) -> Failure {
    match s.kept(record).await.operation.unwrap().state {
        OperationState::Failed { failure, .. } => failure,
        other => panic!("not failed: {other:?}"),
    }
}

pub async fn nothing_is_overdue_too_early(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), []);
    assert!(!s.store.expire(&record.tenant_id).await.unwrap());
    assert_eq!(s.kept(&record).await, record);
    assert!(!s.store.expire(&tenant_id("nope")).await.unwrap());
}

pub async fn what_nobody_takes_up_turns_and_then_fails(s: Subject) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    until_due(&s, &record).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), std::slice::from_ref(&record.tenant_id));
    assert!(s.store.expire(&record.tenant_id).await.unwrap());
    assert!(!s.store.expire(&record.tenant_id).await.unwrap());
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), []);
    let turned = s.kept(&record).await;
    assert!(matches!(turned.operation.unwrap().state, OperationState::CleaningUp { .. }));
    assert!(turned.generation > record.generation);
    let now = s.time.now();
    assert!(s.work.next_due().await.unwrap().is_some_and(|due| due <= now));

    until_due(&s, &record).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), std::slice::from_ref(&record.tenant_id));
    assert!(s.store.expire(&record.tenant_id).await.unwrap());
    assert_eq!(s.kept(&record).await.status, Status::Failed);
    assert!(failure(&s, &record).await.timed_out);
    s.time.pass(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), []);
    assert_eq!(s.event_names(&record).await, ["sbt_aws_onboardingRequest", "tenantry_operationEnded"]);
}

pub async fn what_remains_is_named(s: Subject) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    s.work.ring(&[owner(&record)], s.time.now()).await.unwrap();
    let until = s.time.now().plus(Duration::from_secs(60));
    let claim = s.work.claim(&worker(1), s.time.now(), until, 1).await.unwrap().remove(0);
    let entries = vec![present("cluster", "main"), present("service", "orders")];
    let held = s.work.record(&claim.hold, Done { entries, ..Done::default() }).await.unwrap();
    assert!(matches!(held, Held::Still { .. }));
    for _ in 0..2 {
        until_due(&s, &record).await;
        assert!(s.store.expire(&record.tenant_id).await.unwrap());
    }
    let mut remains = failure(&s, &record).await.remains;
    remains.sort();
    assert_eq!(remains, ["cluster/main", "service/orders"]);
}

pub async fn an_external_operation_fails_at_its_deadline(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    until_due(&s, &record).await;
    assert!(s.store.expire(&record.tenant_id).await.unwrap());
    let failed = s.kept(&record).await;
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(s.store.operation(&record.operation.unwrap().id).await.unwrap(), failed.operation);
}

pub async fn the_overdue_come_oldest_first(s: Subject) {
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await.tenant_id);
        s.time.pass(Duration::from_secs(30)).await;
    }
    s.time.pass(Placement::Pooled.default_budget().wait()).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), ids);
    assert_eq!(s.store.overdue(s.time.now(), 2).await.unwrap(), ids[..2]);
}

pub async fn of_many_reapers_one_expires(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    until_due(&s, &record).await;
    let results = together(8, |_| {
        let (store, id) = (s.store.clone(), record.tenant_id.clone());
        async move { store.expire(&id).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|changed| **changed).count(), 1);
    assert_eq!(s.event_names(&record).await, ["sbt_aws_onboardingRequest", "tenantry_operationEnded"]);
}
