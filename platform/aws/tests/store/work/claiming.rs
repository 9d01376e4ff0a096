use tenantry_aws::table::{Expression, Key, Outcome, moment, shard, sharded};
use tenantry_conformance::make::{new_tenant, owner, present, together, worker};
use tenantry_conformance::subject::Time;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::resource::Owner;
use tenantry_ports::store::{Registered, TenantStore};
use tenantry_ports::work::{Done, Held, WorkStore};

use super::{LEASE, MINUTE, claimed, claims, letting_go, now, recorded};
use crate::support::emulator::Emulator;
use crate::support::subject::fresh;

/// Whoever loses the race leaves nothing behind: no wish that brings the owner up once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn of_workers_who_race_one_claims_and_nobody_is_due_after_it() {
    let fresh = fresh(&Emulator::ministack()).await;
    for round in 1..=10 {
        let at = now(&fresh);
        fresh.database.ring(&[Owner::Stage], at).await.unwrap();
        let claims = together(5, |n| {
            let database = fresh.database.clone();
            async move { database.claim(&worker(n), at, at.plus(LEASE), 3).await.unwrap() }
        });
        let claims = claims.await.concat();
        assert_eq!(claims.iter().map(|claim| claim.hold.fence).collect::<Vec<_>>(), [round]);
        recorded(&fresh.database, &claims[0], letting_go(None)).await;
        assert_eq!(fresh.database.next_due().await.unwrap(), None, "round {round}");
    }
}

/// What a newer version wrote, or nobody: the others are claimed, and it is tried again after a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn one_that_cannot_be_read_is_left_alone() {
    let fresh = fresh(&Emulator::ministack()).await;
    let mut owners = Vec::new();
    for name in ["odd", "good"] {
        let new = new_tenant(name, Placement::DedicatedServices);
        let Registered::New(record) = fresh.database.register(new, None).await.unwrap() else {
            panic!("not registered")
        };
        owners.push(owner(&record));
    }
    let start = now(&fresh);
    fresh.database.ring(&owners, start).await.unwrap();
    for claim in claims(&fresh, 1, 10).await {
        let done = Done { entries: vec![present("cluster", "main")], ..letting_go(Some(start)) };
        recorded(&fresh.database, &claim, done).await;
    }
    let line = Key::of(format!("tenant#{}", owners[0].tenant().unwrap()), "inventory#cluster/main");
    let nonsense = Expression::new("SET #line = :line").text("line", "{\"from\":2031}");
    let mut intent = fresh.database.intent();
    intent.update(line.clone(), nonsense);
    assert!(matches!(intent.commit().await.unwrap(), Outcome::Written));

    let claimed = async || claims(&fresh, 2, 10).await.into_iter().map(|claim| claim.hold.owner).collect::<Vec<_>>();
    assert_eq!(claimed().await, owners[1..]);
    assert_eq!(claimed().await, []);
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(now(&fresh).plus(LEASE)), "the good one's lease");
    // Mended meanwhile, it is taken up again by itself.
    let mut intent = fresh.database.intent();
    intent.delete(line);
    assert!(matches!(intent.commit().await.unwrap(), Outcome::Written));
    fresh.clock.pass(10 * MINUTE).await;
    assert_eq!(claimed().await.len(), 2);
}

/// The first rings are all of somebody who is held.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn who_is_held_hides_nobody() {
    let fresh = fresh(&Emulator::ministack()).await;
    let Registered::New(record) = fresh.database.register(new_tenant("acme", Placement::Pooled), None).await.unwrap()
    else {
        panic!("not registered")
    };
    let stage = claimed(&fresh, &Owner::Stage).await;
    let first = now(&fresh);
    for _ in 0..100 {
        fresh.database.ring(&[Owner::Stage], now(&fresh)).await.unwrap();
        fresh.clock.pass(std::time::Duration::from_millis(1)).await;
    }
    fresh.database.ring(&[owner(&record)], now(&fresh)).await.unwrap();
    let claimed: Vec<Owner> = claims(&fresh, 2, 1).await.into_iter().map(|claim| claim.hold.owner).collect();
    assert_eq!(claimed, [owner(&record)]);
    recorded(&fresh.database, &stage, letting_go(Some(first.plus(MINUTE)))).await;
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(first), "all those rings are kept as one");
    assert_eq!(claims(&fresh, 2, 10).await.len(), 1);
}

/// A wish at the very moment at which a claim ends is an item of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_ring_for_the_claims_end_outlives_the_claim() {
    let fresh = fresh(&Emulator::ministack()).await;
    let claim = claimed(&fresh, &Owner::Stage).await;
    fresh.database.ring(&[Owner::Stage], claim.until).await.unwrap();
    recorded(&fresh.database, &claim, letting_go(None)).await;
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(claim.until));
}

/// As a table restored from a backup may have them.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_look_that_no_owner_knows_of_is_struck() {
    let fresh = fresh(&Emulator::ministack()).await;
    let at = now(&fresh);
    let mut intent = fresh.database.intent();
    intent.put(Key::of(sharded("rings", shard(".stage")), format!("{}#.stage#next", moment(at))), []);
    intent.commit().await.unwrap();
    assert_eq!(claims(&fresh, 1, 10).await, []);
    assert_eq!(fresh.database.next_due().await.unwrap(), Some(at), "somebody may just have moved it");
    fresh.clock.pass(2 * MINUTE).await;
    assert_eq!(claims(&fresh, 1, 10).await, []);
    assert_eq!(fresh.database.next_due().await.unwrap(), None);
    let claim = claimed(&fresh, &Owner::Stage).await;
    assert!(matches!(fresh.database.release(&claim.hold, None).await.unwrap(), Held::Still { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn looking_who_is_due_writes_nothing() {
    let fresh = fresh(&Emulator::ministack()).await;
    claimed(&fresh, &Owner::Stage).await;
    fresh.calls.reset();
    assert_eq!(claims(&fresh, 1, 10).await, []);
    fresh.database.next_due().await.unwrap();
    assert_eq!(fresh.calls.all().into_keys().collect::<Vec<_>>(), ["Query"]);
}
