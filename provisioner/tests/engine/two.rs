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
    /// What must not be. It is asked by the test, as a panic here would only end a pass.
    violations: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    fn new(inner: Arc<dyn WorkStore>) -> Self {
        Self { inner, newest: Arc::default(), refused: Arc::default(), violations: Arc::default() }
    }

    fn violated(&self, what: String) {
        self.violations.lock().unwrap().push(what);
    }

    fn assert_unviolated(&self) {
        assert_eq!(*self.violations.lock().unwrap(), Vec::<String>::new());
    }

    fn check(&self, hold: &Hold, answer: Held) -> Held {
        let newest = self.newest.lock().unwrap().get(&hold.owner).copied();
        if newest > Some(hold.fence) && answer != Held::Lost {
            self.violated(format!("the stale fence {} of {} wrote; {newest:?} is the newest", hold.fence, hold.owner));
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
            if before >= Some(claim.hold.fence) {
                self.violated(format!("the fence of {} did not rise from {before:?}", claim.hold.owner));
            }
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
    async fn inventories(&self, owners: &[Owner]) -> Result<BTreeMap<Owner, Vec<Entry>>, StoreError> {
        self.inner.inventories(owners).await
    }
    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError> {
        self.inner.owners(page).await
    }
}

/// One that stands still notices nothing: it neither renews its claim nor gives a call up.
fn sleepy() -> EngineConfig {
    EngineConfig { call_limit: Duration::from_secs(100_000), flush: Duration::from_secs(100_000), ..config() }
}

/// What A is at when it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The tenant is being made; in the meantime it stays, or is sent away.
    Coming { goes: bool },
    /// The tenant is being removed.
    Leaving,
    /// What the sweep found is being discarded.
    Sweeping,
    /// The stage is being made.
    Stage,
}

/// A stands still in the middle of a call, before or after it is made; B takes over; A goes on.
async fn suspended(tier: &str, call: &str, nth: usize, fault: Fault, at: At) {
    let case = format!("{tier}: {call} #{nth} {fault:?}, {at:?}");
    let world = World::new();
    let watched = Watched::new(Arc::new(world.db.clone()));
    let work: Arc<dyn WorkStore> = Arc::new(watched.clone());
    let mut id = None;
    if at != At::Stage {
        let first = world.engine_on(work.clone(), "worker-0", Plan::seeded(1), config());
        world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
        if matches!(at, At::Leaving | At::Sweeping) {
            let known = world.register("acme", tier).await;
            assert_eq!(world.assert_settled(&known).await, Status::Created, "{case}");
            id = Some(known);
        }
        first.stop().await;
    }
    match (at, &id) {
        (At::Leaving, Some(id)) => world.begin(id, Begin::Offboard).await,
        (At::Sweeping, Some(id)) => world.cloud.twin(&Owner::Tenant(id.clone()), &ResourceId::new("pool", "users")),
        _ => {}
    }
    let plan = Plan::seeded(1).nth(call, nth, fault);
    let a = world.engine_on(work.clone(), "worker-a", plan.clone(), sleepy());
    let id = match id {
        Some(id) => id,
        None => world.register("acme", tier).await,
    };
    let met = || plan.calls().iter().filter(|c| c.starts_with(call)).count();
    if at == At::Sweeping {
        world.until("the twin is reported", async || !world.orphans().await.is_empty()).await;
        world.remove_orphans().await;
    }
    world.until("A stands still", async || met() > nth).await;
    // The whole of A stands still, not its one step alone.
    let mut still = plan.clone();
    for port in ["work.", "inbox.", "runtime."] {
        still = still.always(port, Fault::SuspendBefore);
    }

    let b = world.engine_on(work.clone(), "worker-b", Plan::seeded(2), config());
    let goes = matches!(at, At::Leaving | At::Coming { goes: true });
    if at == At::Leaving {
        assert_eq!(world.ended(&id).await.status, Status::Deleted, "{case}");
    } else {
        assert_eq!(world.assert_settled(&id).await, Status::Created, "{case}");
    }
    if at == (At::Coming { goes: true }) {
        world.begin(&id, Begin::Offboard).await;
        assert_eq!(world.ended(&id).await.status, Status::Deleted, "{case}");
    }
    // Whoever had A's claim has let go of it: what A does now is nobody's but A's.
    tokio::time::sleep(config().lease * 2).await;

    let before = *watched.refused.lock().unwrap();
    still.heal();
    still.resume();
    world.until(&format!("A is refused: {case}"), async || *watched.refused.lock().unwrap() > before).await;
    tokio::time::sleep(config().sweep * 4).await;
    watched.assert_unviolated();

    let owner = Owner::Tenant(id.clone());
    if goes {
        world.assert_clean(&owner).await;
    } else {
        world.assert_whole(&owner).await;
    }
    if at == (At::Coming { goes: true }) && fault == Fault::SuspendBefore && call.starts_with("runtime.ensure") {
        let thing = call.split(' ').nth(1).unwrap();
        let made = world.cloud.made().into_iter().find(|((o, r), _)| o == &owner && r.as_str() == thing);
        // One that stands on what is not there any more cannot be made again.
        assert_eq!(made.unwrap().1, 1 + u32::from(!stands_on_own(thing, tier)), "{case}");
    }
    let things = world.cloud.things();
    let listed = world.inventory(&owner).await.len() + world.inventory(&Owner::Stage).await.len();
    assert_eq!(things.len(), listed, "{case}: no twin is left: {things:?}");
    let status = if goes { Status::Deleted } else { Status::Created };
    assert_eq!(world.record(&id).await.status, status, "{case}");
    a.stop().await;
    b.stop().await;
}

/// Whether a thing of the tenant needs another of the tenant's.
fn stands_on_own(thing: &str, tier: &str) -> bool {
    tier == "premium" && (thing.starts_with("user/") || thing.starts_with("service/"))
}

const BOTH: [Fault; 2] = [Fault::SuspendBefore, Fault::SuspendAfter];

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_while_making_leaves_nothing() {
    let dedicated = ["pool/users", "cluster/main", "table/orders-orders", "user/admin", "service/orders"];
    // What a pooled tenant has carries no tag that a sweep could find.
    let pooled = ["user/admin", "rows/orders-orders"];
    for (tier, things) in [("premium", &dedicated[..]), ("basic", &pooled[..])] {
        for thing in things {
            for fault in BOTH {
                for goes in [false, true] {
                    suspended(tier, &format!("runtime.ensure {thing} tenant"), 0, fault, At::Coming { goes }).await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_while_recording_writes_nothing() {
    for tier in ["basic", "premium"] {
        for goes in [false, true] {
            for fault in BOTH {
                suspended(tier, "work.record tenant", 0, fault, At::Coming { goes }).await;
            }
            suspended(tier, "work.record tenant", 1, Fault::SuspendBefore, At::Coming { goes }).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_while_removing_removes_nothing_else() {
    for (tier, thing) in [("premium", "pool/users"), ("premium", "service/orders"), ("basic", "user/admin")] {
        for fault in BOTH {
            suspended(tier, &format!("runtime.remove {thing} tenant"), 0, fault, At::Leaving).await;
        }
    }
    for tier in ["basic", "premium"] {
        suspended(tier, "work.record tenant", 0, Fault::SuspendBefore, At::Leaving).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_while_sweeping_discards_no_other() {
    for fault in BOTH {
        suspended("premium", "runtime.discard pool/users tenant", 0, fault, At::Sweeping).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_over_the_stage_leaves_it_whole() {
    for call in ["runtime.ensure pool/users stage", "runtime.ensure service/orders stage", "work.record stage"] {
        for fault in BOTH {
            suspended("basic", call, 0, fault, At::Stage).await;
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
    world.until("the twin is reported", async || !world.orphans().await.is_empty()).await;
    tokio::time::sleep(config().sweep * 4).await;
    assert_eq!(pools().len(), 2, "it holds data, so it stays until an operator removes it");
    let found = world.orphans().await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].recorded_twin.as_ref(), recorded.first());
    world.remove_orphans().await;
    world.until("the twin is gone", async || pools().len() == 1).await;
    assert_eq!(pools(), recorded);
    world.until("it is forgotten", async || world.orphans().await.is_empty()).await;
    world.assert_whole(&owner).await;
}

#[tokio::test(start_paused = true)]
async fn two_share_the_work() {
    let world = World::new();
    let watch = Watched::new(Arc::new(world.db.clone()));
    let watched: Arc<dyn WorkStore> = Arc::new(watch.clone());
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
    watch.assert_unviolated();
    a.stop().await;
    b.stop().await;
}
