use std::time::Duration;

use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::operation::Failure;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_ports::bus::Consumer;
use tenantry_ports::work::{Claim, Done, Held, Release};

use super::{LEASE, owners};
use crate::make::{intended, owner, present, together};
use crate::subject::Subject;

pub async fn fences_only_rise(s: Subject) {
    let mut last = None;
    for _ in 0..4 {
        let claim = s.claimed(&Owner::Stage).await;
        assert!(last.is_none_or(|fence| claim.hold.fence > fence), "also after a release");
        last = Some(claim.hold.fence);
        s.released(&claim, None).await;
    }
}

/// A claim that has passed on, and the one it passed on to.
async fn passed_on(s: &Subject) -> (TenantRecord, Claim, Claim) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    let old = s.claimed(&owner(&record)).await;
    let done = Done { entries: vec![present("pool", "users")], ..Done::default() };
    assert!(matches!(s.work.record(&old.hold, done).await.unwrap(), Held::Still { .. }));
    s.time.pass(LEASE + Duration::from_secs(1)).await;
    let new = s.claims(2, 10).await.remove(0);
    (record, old, new)
}

pub async fn a_stale_fence_never_writes(s: Subject) {
    let (record, old, new) = passed_on(&s).await;
    let before = s.kept(&record).await;
    let everything = Done {
        entries: vec![intended("service", "orders")],
        gone: vec![present("pool", "users").resource.id],
        announce: true,
        turn: Some(Failure::new("stale")),
        release: Some(Release { next: Some(s.time.now()) }),
        ..Done::default()
    };
    assert_eq!(s.work.record(&old.hold, everything).await.unwrap(), Held::Lost);
    let verdict = Done { verdict: Some((Verdict::Success, Attributes::default())), ..Done::default() };
    assert_eq!(s.work.record(&old.hold, verdict).await.unwrap(), Held::Lost);
    assert_eq!(s.work.inventory(&owner(&record)).await.unwrap(), [present("pool", "users")]);
    assert_eq!(s.kept(&record).await, before);
    assert_eq!(s.taken(Consumer::ControlPlane, |_| false).await, []);
    let held = s.work.record(&new.hold, Done::default()).await.unwrap();
    assert_eq!(held, Held::Still { generation: before.generation });
}

pub async fn a_stale_fence_writes_nothing_else_either(s: Subject) {
    let (_, old, new) = passed_on(&s).await;
    let now = s.time.now();
    assert_eq!(s.work.renew(&old.hold, now.plus(100 * LEASE)).await.unwrap(), Held::Lost);
    assert_eq!(s.work.release(&old.hold, Some(now)).await.unwrap(), Held::Lost);
    assert_eq!(s.claims(3, 10).await, [], "the new one still holds it");
    s.released(&new, None).await;
    assert_eq!(s.work.release(&new.hold, None).await.unwrap(), Held::Lost, "nothing is held after a release");
    let done = Done { entries: vec![present("late", "one")], ..Done::default() };
    assert_eq!(s.work.record(&new.hold, done).await.unwrap(), Held::Lost);
}

pub async fn of_two_with_one_owner_only_the_newer_writes(s: Subject) {
    let (record, old, new) = passed_on(&s).await;
    let written = together(16, |n| {
        let (work, stale) = (s.work.clone(), n % 2 == 0);
        let hold = if stale { old.hold.clone() } else { new.hold.clone() };
        let kind = if stale { "stale" } else { "fresh" };
        let done = Done { entries: vec![present(kind, &n.to_string())], ..Done::default() };
        async move { (stale, work.record(&hold, done).await.unwrap()) }
    })
    .await;
    assert!(written.iter().all(|(stale, held)| *stale == (*held == Held::Lost)), "{written:?}");
    let kinds = s.work.inventory(&owner(&record)).await.unwrap().into_iter().map(|e| e.resource.kind);
    let kinds: Vec<String> = kinds.collect();
    assert_eq!(kinds.iter().filter(|k| *k == "fresh").count(), 8);
    assert!(!kinds.contains(&"stale".to_owned()));
    assert_eq!(owners(&[new]), [owner(&record)]);
}
