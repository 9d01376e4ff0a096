use std::collections::BTreeMap;
use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::operation::OperationState;
use tenantry_contract::resource::Owner;
use tenantry_ports::work::{Done, Held};

use super::{LEASE, owners};
use crate::make::{owner, present, together, worker};
use crate::subject::Subject;

pub async fn a_claim_carries_what_is_known(s: Subject) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    let first = s.claimed(&owner(&record)).await;
    assert_eq!(first.inventory, []);
    assert_eq!(first.hold.worker, worker(1));
    assert_eq!(first.hold.generation, record.generation);
    assert!(first.until > s.time.now());
    let known = first.record.clone().expect("a tenant has a record");
    assert_eq!((known.tenant_id, known.tenant), (record.tenant_id.clone(), record.tenant.clone()));
    let entries = vec![present("pool", "users")];
    s.work.record(&first.hold, Done { entries: entries.clone(), ..Done::default() }).await.unwrap();
    s.released(&first, None).await;
    let after = s.offboarded(&record).await;
    let second = s.claimed(&owner(&record)).await;
    assert_eq!((second.inventory, second.hold.generation), (entries, after.generation));
    assert_eq!(second.record.unwrap().status, after.status);

    let stage = s.claimed(&Owner::Stage).await;
    assert_eq!((stage.record, stage.inventory), (None, Vec::new()));
}

pub async fn the_first_claim_starts_the_clock(s: Subject) {
    let record = s.new_tenant("acme", Placement::DedicatedServices).await;
    s.time.pass(Duration::from_secs(300)).await;
    let asked = s.time.now();
    let claim = s.claimed(&owner(&record)).await;
    let running = claim.record.unwrap().operation.unwrap();
    let OperationState::Running { since, deadline } = running.state else { panic!("not running: {running:?}") };
    assert!(since >= asked);
    assert_eq!(deadline, since.plus(running.budget.work()));
    assert_eq!(s.kept(&record).await.operation, Some(running.clone()));
    assert_eq!(s.store.operation(&running.id).await.unwrap().as_ref(), Some(&running));

    s.work.release(&claim.hold, None).await.unwrap();
    s.time.pass(Duration::from_secs(60)).await;
    let again = s.claimed(&owner(&record)).await;
    assert_eq!(again.record.unwrap().operation, Some(running), "only the first claim starts it");
}

pub async fn a_claim_leaves_another_planes_deadline(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    s.time.pass(Duration::from_secs(80 * 60)).await;
    let claim = s.claimed(&owner(&record)).await;
    assert_eq!(claim.record.as_ref(), Some(&record));
    s.released(&claim, None).await;
    s.time.pass(Duration::from_secs(10 * 60)).await;
    assert_eq!(s.store.overdue(s.time.now(), 10).await.unwrap(), [record.tenant_id]);
}

pub async fn no_more_than_asked_for_are_claimed(s: Subject) {
    let mut all = Vec::new();
    for n in 0..5 {
        all.push(owner(&s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await));
    }
    s.rung(&all).await;
    let (two, rest) = (s.claims(1, 2).await, s.claims(2, 10).await);
    assert_eq!((two.len(), rest.len()), (2, 3));
    all.sort();
    assert_eq!(owners(&[two, rest].concat()), all);
}

pub async fn who_is_held_is_not_claimed(s: Subject) {
    s.claimed(&Owner::Stage).await;
    assert_eq!(s.claims(1, 10).await, [], "not even by who holds it");
    assert_eq!(s.claims(2, 10).await, []);
}

pub async fn claims_at_once_are_exclusive(s: Subject) {
    let mut all = vec![Owner::Stage];
    for n in 0..11 {
        all.push(owner(&s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await));
    }
    s.rung(&all).await;
    let now = s.time.now();
    let claims = together(6, |n| {
        let work = s.work.clone();
        async move {
            let mut mine = Vec::new();
            // Each takes a few at a time until it finds none.
            loop {
                let some = work.claim(&worker(n), now, now.plus(LEASE), 2).await.unwrap();
                if some.is_empty() {
                    return mine;
                }
                mine.extend(some);
                tokio::task::yield_now().await;
            }
        }
    })
    .await
    .concat();
    let mut times = BTreeMap::new();
    for claim in &claims {
        *times.entry(claim.hold.owner.clone()).or_insert(0) += 1;
    }
    assert!(times.values().all(|n| *n == 1), "{times:?}");
    assert_eq!(times.len(), all.len());
}

pub async fn a_lease_that_runs_out_is_handed_over(s: Subject) {
    let old = s.claimed(&Owner::Stage).await;
    s.time.pass(LEASE + Duration::from_secs(1)).await;
    let new = s.claims(2, 10).await.remove(0);
    assert_eq!((&new.hold.owner, &new.hold.worker), (&Owner::Stage, &worker(2)));
    assert!(new.hold.fence > old.hold.fence);
}

pub async fn a_renewed_lease_is_kept(s: Subject) {
    let claim = s.claimed(&Owner::Stage).await;
    let until = s.time.now().plus(3 * LEASE);
    assert!(matches!(s.work.renew(&claim.hold, until).await.unwrap(), Held::Still { .. }));
    s.time.pass(2 * LEASE).await;
    s.rung(&[Owner::Stage]).await;
    assert_eq!(s.claims(2, 10).await, []);
    s.time.pass(LEASE + Duration::from_secs(1)).await;
    assert_eq!(owners(&s.claims(2, 10).await), [Owner::Stage]);
}
