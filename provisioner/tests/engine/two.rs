//! Two engines on one store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_conformance::fault::{Fault, Plan};
use tenantry_contract::id::WorkerId;
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Done, Held, Hold, WorkStore};
use tenantry_provisioner::EngineConfig;

use crate::world::{TIERS, World, config};

/// Watches that no write with a stale fence is taken, and counts those that were tried.
#[derive(Clone)]
struct Watched {
    inner: Arc<dyn WorkStore>,
    newest: Arc<Mutex<BTreeMap<Owner, u64>>>,
    refused: Arc<Mutex<usize>>,
}

impl Watched {
    fn new(inner: Arc<dyn WorkStore>) -> Self {
        Self { inner, newest: Arc::default(), refused: Arc::default() }
    }

    fn check(&self, hold: &Hold, answer: Held) -> Held {
        let newest = self.newest.lock().unwrap().get(&hold.owner).copied();
        if newest > Some(hold.fence) {
            assert_eq!(answer, Held::Lost, "a stale fence wrote");
        }
        if answer == Held::Lost {
            *self.refused.lock().unwrap() += 1;
        }
        answer
    }
}

#[async_trait]
impl WorkStore for Watched {
    async fn ring(&self, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
        self.inner.ring(owners, at).await
    }
    async fn ring_watched(&self, at: Timestamp) -> Result<(), StoreError> {
        self.inner.ring_watched(at).await
    }
    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let claims = self.inner.claim(worker, now, until, max).await?;
        let mut newest = self.newest.lock().unwrap();
        for claim in &claims {
            let before = newest.insert(claim.hold.owner.clone(), claim.hold.fence);
            assert!(before < Some(claim.hold.fence), "a fence did not rise");
        }
        Ok(claims)
    }
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due().await
    }
    async fn renew(&self, hold: &Hold, until: Timestamp) -> Result<Held, StoreError> {
        Ok(self.check(hold, self.inner.renew(hold, until).await?))
    }
    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError> {
        Ok(self.check(hold, self.inner.record(hold, done).await?))
    }
    async fn release(&self, hold: &Hold, next: Option<Timestamp>) -> Result<Held, StoreError> {
        Ok(self.check(hold, self.inner.release(hold, next).await?))
    }
    async fn inventory(&self, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
        self.inner.inventory(owner).await
    }
    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError> {
        self.inner.owners(page).await
    }
}

/// One that stands still notices nothing: it neither renews its claim nor gives a call up.
fn sleepy() -> EngineConfig {
    EngineConfig { call_limit: Duration::from_secs(100_000), flush: Duration::from_secs(100_000), ..config() }
}

/// A stands still in the middle of a step, before or after the thing is made; B takes over; the tenant goes or
/// stays; A goes on.
async fn suspended(thing: &str, fault: Fault, goes: bool) {
    let world = World::new();
    let watched = Watched::new(Arc::new(world.db.clone()));
    let work: Arc<dyn WorkStore> = Arc::new(watched.clone());
    let first = world.engine_on(work.clone(), "worker-0", Plan::seeded(1), config());
    world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
    first.stop().await;

    let call = format!("runtime.ensure {thing} tenant");
    let plan = Plan::seeded(1).nth(&call, 0, fault);
    let a = world.engine_on(work.clone(), "worker-a", plan.clone(), sleepy());
    let id = world.register("acme", "premium").await;
    world.until("A stands still", async || plan.calls().iter().any(|c| c.starts_with(&call))).await;
    // The whole of A stands still, not its one step alone.
    let plan = plan.always("work.claim", Fault::SuspendBefore).always("inbox.", Fault::SuspendBefore);

    let b = world.engine_on(work.clone(), "worker-b", Plan::seeded(2), config());
    assert_eq!(world.assert_settled(&id).await, Status::Created, "{thing} {fault:?}");
    if goes {
        world.begin(&id, Begin::Offboard).await;
        assert_eq!(world.ended(&id).await.status, Status::Deleted);
    }

    let before = *watched.refused.lock().unwrap();
    plan.resume();
    world.until("A is refused", async || *watched.refused.lock().unwrap() > before).await;
    tokio::time::sleep(config().sweep * 4).await;

    let owner = Owner::Tenant(id.clone());
    if goes {
        world.assert_clean(&owner).await;
    } else {
        world.assert_whole(&owner).await;
    }
    let named = matches!(thing, "cluster/main" | "table/orders-orders" | "pool/users");
    if goes && named && fault == Fault::SuspendBefore {
        let resource = world.cloud.made().into_iter().find(|((o, r), _)| o == &owner && r.as_str() == thing);
        assert_eq!(resource.unwrap().1, 2, "A made {thing} when nobody wanted it any more");
    }
    let things = world.cloud.things();
    let listed = world.inventory(&owner).await.len() + world.inventory(&Owner::Stage).await.len();
    assert_eq!(things.len(), listed, "{thing} {fault:?}: no twin is left: {things:?}");
    let status = if goes { Status::Deleted } else { Status::Created };
    assert_eq!(world.record(&id).await.status, status);
    b.stop().await;
    drop(a);
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_writes_nothing_and_leaves_nothing() {
    for thing in ["pool/users", "cluster/main", "table/orders-orders", "user/admin", "service/orders"] {
        for fault in [Fault::SuspendBefore, Fault::SuspendAfter] {
            for goes in [false, true] {
                suspended(thing, fault, goes).await;
            }
        }
    }
}

/// Both looked, both found nothing, both made one: the recorded one stays.
#[tokio::test(start_paused = true)]
async fn of_twins_the_recorded_one_stays() {
    let world = World::new();
    let _engine = world.engine("worker-0", Plan::seeded(1), config());
    let id = world.register("acme", "premium").await;
    world.assert_settled(&id).await;
    let owner = Owner::Tenant(id.clone());
    let pools = || {
        let things = world.cloud.things().into_iter().filter(|t| t.owner == owner && t.kind == "pool");
        things.map(|t| t.native).collect::<Vec<_>>()
    };
    let recorded = pools();
    world.cloud.twin(&owner, &ResourceId::new("pool", "users"));
    assert_eq!(pools().len(), 2);
    world.until("the twin is gone", async || pools().len() == 1).await;
    assert_eq!(pools(), recorded);
    world.assert_whole(&owner).await;
}

#[tokio::test(start_paused = true)]
async fn two_share_the_work() {
    let world = World::new();
    let watched: Arc<dyn WorkStore> = Arc::new(Watched::new(Arc::new(world.db.clone())));
    let noisy = |seed| Plan::seeded(seed).sometimes("runtime.", 50);
    let few = EngineConfig { owners_at_once: 8, claim_batch: 4, ..config() };
    let a = world.engine_on(watched.clone(), "worker-a", noisy(1), few.clone());
    let b = world.engine_on(watched.clone(), "worker-b", noisy(2), few);
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(world.register(&format!("acme-{n}"), TIERS[n % 3]).await);
    }
    for id in &ids {
        assert_eq!(world.assert_settled(id).await, Status::Created);
    }
    let worked = |plan: &Plan| plan.calls().iter().any(|c| c.starts_with("runtime.ensure"));
    assert!(worked(&a.plan) && worked(&b.plan), "both worked");
    for id in &ids {
        world.begin(id, Begin::Offboard).await;
    }
    for id in &ids {
        assert_eq!(world.ended(id).await.status, Status::Deleted);
    }
    tokio::time::sleep(config().sweep * 4).await;
    for id in ids {
        world.assert_clean(&Owner::Tenant(id)).await;
    }
}
