use tenantry_conformance::make::{new_tenant, owner, present, report};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::operation::Failure;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Entry;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::{ApplyOutcome, Registered, TenantStore};
use tenantry_ports::work::{Done, Release, WorkStore};

use super::{MINUTE, claimed, letting_go, now, recorded};
use crate::support::emulator::Emulator;
use crate::support::subject::{Fresh, fresh};

/// Not watched.
fn line() -> Vec<Entry> {
    vec![present("service", "orders")]
}

fn watched() -> Vec<Entry> {
    let mut lines = line();
    lines[0].resource.watched = true;
    lines
}

async fn tenant(fresh: &Fresh) -> TenantRecord {
    match fresh.database.register(new_tenant("acme", Placement::External), None).await.unwrap() {
        Registered::New(record) => *record,
        other => panic!("not registered: {other:?}"),
    }
}

async fn ended(fresh: &Fresh, record: &TenantRecord, verdict: Verdict) {
    let applied = fresh.database.apply(report(record, verdict, "e1")).await.unwrap();
    assert!(matches!(applied, ApplyOutcome::Applied { .. }), "{applied:?}");
}

/// A tenant that was worked on, is to be looked at in a minute, and whose operation then ends: when it is looked at.
async fn next_after(entries: Vec<Entry>, verdict: Verdict) -> (Option<Timestamp>, Timestamp) {
    let fresh = fresh(&Emulator::ministack()).await;
    let record = tenant(&fresh).await;
    let claim = claimed(&fresh, &owner(&record)).await;
    let next = now(&fresh).plus(MINUTE);
    let release = Some(Release { next: Some(next) });
    recorded(&fresh.database, &claim, Done { entries, release, ..Done::default() }).await;
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(next));
    ended(&fresh, &record, verdict).await;
    (fresh.database.next_due().await.unwrap(), next)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_operations_end_calls_the_next_look_off() {
    assert_eq!(next_after(Vec::new(), Verdict::Success).await.0, None);
    assert_eq!(next_after(line(), Verdict::Success).await.0, None);
    assert_eq!(next_after(Vec::new(), Verdict::Failure(Failure::new("no room"))).await.0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_can_drift_or_must_go_is_looked_at_still() {
    let (due, next) = next_after(watched(), Verdict::Success).await;
    assert_eq!(due, Some(next));
    let (due, next) = next_after(line(), Verdict::Failure(Failure::new("no room"))).await;
    assert_eq!(due, Some(next), "its things are to be removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn who_holds_the_tenant_says_itself_when_to_look() {
    let fresh = fresh(&Emulator::ministack()).await;
    let record = tenant(&fresh).await;
    let claim = claimed(&fresh, &owner(&record)).await;
    ended(&fresh, &record, Verdict::Success).await;
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(claim.until));
    let next = now(&fresh).plus(MINUTE / 2);
    recorded(&fresh.database, &claim, letting_go(Some(next))).await;
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(next));
}
