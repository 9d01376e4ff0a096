use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::resource::Owner;
use tenantry_ports::work::{Done, Held};

use super::{LEASE, owners};
use crate::make::{owner, present};
use crate::subject::Subject;

const MINUTE: Duration = Duration::from_secs(60);

pub async fn nobody_is_due_at_first(s: Subject) {
    assert_eq!(s.work.next_due().await.unwrap(), None);
    assert_eq!(s.claims(1, 10).await, []);
}

pub async fn who_is_rung_is_claimed(s: Subject) {
    let (a, b) = (s.new_tenant("a", Placement::Pooled).await, s.new_tenant("b", Placement::Pooled).await);
    s.rung(&[owner(&a), owner(&b), Owner::Stage]).await;
    let mut expected = [owner(&a), owner(&b), Owner::Stage];
    expected.sort();
    assert_eq!(owners(&s.claims(1, 10).await), expected);
    s.rung(&[]).await;
}

pub async fn a_ring_for_later_waits(s: Subject) {
    let later = s.time.now().plus(10 * MINUTE);
    s.work.ring(&[Owner::Stage], later).await.unwrap();
    assert_eq!(s.work.next_due().await.unwrap(), Some(later));
    assert_eq!(s.claims(1, 10).await, []);
    s.time.pass(10 * MINUTE).await;
    assert_eq!(owners(&s.claims(1, 10).await), [Owner::Stage]);
}

pub async fn a_later_ring_does_not_postpone_and_an_earlier_one_hastens(s: Subject) {
    let now = s.time.now();
    s.work.ring(&[Owner::Stage], now.plus(10 * MINUTE)).await.unwrap();
    s.work.ring(&[Owner::Stage], now.plus(20 * MINUTE)).await.unwrap();
    assert_eq!(s.work.next_due().await.unwrap(), Some(now.plus(10 * MINUTE)));
    s.work.ring(&[Owner::Stage], now.plus(5 * MINUTE)).await.unwrap();
    assert_eq!(s.work.next_due().await.unwrap(), Some(now.plus(5 * MINUTE)));
}

pub async fn a_ring_during_a_claim_is_kept(s: Subject) {
    for next in [None, Some(s.time.now().plus(60 * MINUTE))] {
        let claim = s.claimed(&Owner::Stage).await;
        s.rung(&[Owner::Stage]).await;
        assert_eq!(s.claims(2, 10).await, [], "a ring does not take it from who holds it");
        s.released(&claim, next).await;
        let again = s.claims(2, 10).await;
        assert_eq!(owners(&again), [Owner::Stage]);
        s.released(&again[0], None).await;
    }
}

pub async fn a_release_says_when_to_look_again(s: Subject) {
    let claim = s.claimed(&Owner::Stage).await;
    let next = s.time.now().plus(5 * MINUTE);
    s.released(&claim, Some(next)).await;
    assert_eq!(s.work.next_due().await.unwrap(), Some(next));
    assert_eq!(s.claims(1, 10).await, []);
    s.time.pass(5 * MINUTE).await;
    let again = s.claims(1, 10).await;
    assert_eq!(owners(&again), [Owner::Stage]);
    s.released(&again[0], None).await;
    assert_eq!(s.work.next_due().await.unwrap(), None);
    s.time.pass(24 * 60 * MINUTE).await;
    assert_eq!(s.claims(1, 10).await, [], "never again");
}

pub async fn a_release_never_moves_a_ring_later(s: Subject) {
    let claim = s.claimed(&Owner::Stage).await;
    let ring = s.time.now().plus(2 * MINUTE);
    s.work.ring(&[Owner::Stage], ring).await.unwrap();
    s.released(&claim, Some(ring.plus(MINUTE))).await;
    assert_eq!(s.work.next_due().await.unwrap(), Some(ring));
}

pub async fn watched_owners_can_all_be_rung(s: Subject) {
    let (a, b) = (s.new_tenant("a", Placement::DedicatedServices).await, s.new_tenant("b", Placement::Pooled).await);
    for (record, watched) in [(&a, true), (&b, false)] {
        let claim = s.claimed(&owner(record)).await;
        let mut entry = present("service", "orders");
        entry.resource.watched = watched;
        let done = Done { entries: vec![entry, present("pool", "users")], ..Done::default() };
        assert!(matches!(s.work.record(&claim.hold, done).await.unwrap(), Held::Still { .. }));
        s.released(&claim, None).await;
    }
    s.time.pass(LEASE).await;
    s.work.ring_watched(s.time.now()).await.unwrap();
    assert_eq!(owners(&s.claims(1, 10).await), [owner(&a)]);
}
