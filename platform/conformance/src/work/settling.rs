use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::operation::Failure;
use tenantry_contract::resource::Entry;
use tenantry_contract::time::Timestamp;
use tenantry_ports::work::{Done, Held, Release};

use crate::make::{owner, present};
use crate::subject::Subject;

const MINUTE: Duration = Duration::from_secs(60);

fn failure() -> Verdict {
    Verdict::Failure(Failure::new("no room"))
}

/// A line of an inventory.
fn line(watched: bool) -> Vec<Entry> {
    let mut entry = present("service", "orders");
    entry.resource.watched = watched;
    vec![entry]
}

/// A tenant that was worked on, is to be looked at in a minute, and whose operation ends before: when it is looked at.
async fn ended(s: &Subject, name: &str, entries: Vec<Entry>, verdict: Verdict) -> (Option<Timestamp>, Timestamp) {
    let record = s.new_tenant(name, Placement::External).await;
    let claim = s.claimed(&owner(&record)).await;
    let next = s.time.now().plus(MINUTE);
    let done = Done { entries, release: Some(Release { next: Some(next) }), ..Done::default() };
    assert!(matches!(s.work.record(&claim.hold, done).await.unwrap(), Held::Still { .. }));
    assert_eq!(s.work.next_due().await.unwrap(), Some(next));
    s.reported(&record, verdict, name).await;
    (s.work.next_due().await.unwrap(), next)
}

pub async fn an_operations_end_calls_the_next_look_off(s: Subject) {
    assert_eq!(ended(&s, "bare", Vec::new(), Verdict::Success).await.0, None);
    assert_eq!(ended(&s, "still", line(false), Verdict::Success).await.0, None);
    assert_eq!(ended(&s, "failed", Vec::new(), failure()).await.0, None);
}

pub async fn what_can_drift_is_looked_at_after_its_operation(s: Subject) {
    let (due, next) = ended(&s, "acme", line(true), Verdict::Success).await;
    assert_eq!(due, Some(next));
}

pub async fn what_must_go_is_looked_at_after_its_operation(s: Subject) {
    let (due, next) = ended(&s, "acme", line(false), failure()).await;
    assert_eq!(due, Some(next));
}

pub async fn who_holds_an_owner_says_when_to_look_after_its_operation(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let claim = s.claimed(&owner(&record)).await;
    s.reported(&record, Verdict::Success, "e1").await;
    assert_eq!(s.work.next_due().await.unwrap(), Some(claim.until), "it may die");
    let next = s.time.now().plus(MINUTE / 2);
    s.released(&claim, Some(next)).await;
    assert_eq!(s.work.next_due().await.unwrap(), Some(next));
}
