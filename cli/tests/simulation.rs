//! The whole system in one thread, on a paused clock, with seeded ids: what happens follows from the seed alone. Every
//! now and then all that runs is dropped wherever it is, as a crash would, and begun again on what the store has.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_conformance::fault::{FaultyBus, FaultyRuntime, FaultyStore, FaultyWork, Plan};
use tenantry_conformance::make::{START, new_tenant};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_contract::id::WorkerId;
use tenantry_contract::lifecycle::{Begin, NewTenant};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;
use tenantry_control_plane::{ControlPlane, RateLimit, Settings, run_reaper, run_reports};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::identity::{BaseUrl, Identity, IdentityConfig};
use tenantry_embedded::ids::SeededIds;
use tenantry_embedded::sqlite::{Mode, Place};
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_ports::log::EventLog;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Registered, TenantStore};
use tenantry_provisioner::{Engine, EngineConfig, EngineDeps};
use tenantry_web::http::Proxies;
use tenantry_web::{ScopePolicy, Verifier};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const TENANTS: usize = 50;
const TIERS: [&str; 3] = ["basic", "advanced", "premium"];

struct World {
    db: Database,
    cloud: FakeRuntime,
    catalogue: Arc<Catalogue>,
    plan: Plan,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// No crash any more.
    calm: CancellationToken,
    /// How often it was dropped while operations were under way.
    dropped: Arc<AtomicUsize>,
    _home: tempfile::TempDir,
}

/// What a process runs, begun as often as it takes.
struct Process {
    cp: ControlPlane,
    work: Arc<FaultyWork>,
    runtime: Arc<FaultyRuntime>,
    bus: Arc<FaultyBus>,
    begun: usize,
}

impl Process {
    fn begin(&mut self) -> JoinSet<()> {
        let stop = self.cp.stop.clone();
        self.begun += 1;
        let engine = EngineDeps {
            work: self.work.clone(),
            tenants: self.cp.store.clone(),
            orphans: self.cp.orphans.clone(),
            runtime: self.runtime.clone(),
            bus: self.bus.clone(),
            clock: self.cp.clock.clone(),
            ids: self.cp.ids.clone(),
            catalogue: self.cp.catalogue.clone(),
            worker: WorkerId::parse(format!("worker-{}", self.begun)).unwrap(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(run_reports(self.cp.clone(), stop.clone()));
        tasks.spawn(run_reaper(self.cp.clone(), stop.clone()));
        tasks.spawn(Engine::new(engine, EngineConfig::default()).run(stop));
        tasks
    }

    /// Until it is stopped. A third of its lives are short.
    async fn live(mut self, db: Database, seed: u64, calm: CancellationToken, dropped: Arc<AtomicUsize>) {
        let random = SeededIds::new(seed.wrapping_add(1_000), self.cp.clock.clone());
        let chance = move || {
            let mut bytes = [0; 8];
            random.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        let mut tasks = self.begin();
        loop {
            let most = if chance() % 3 == 0 { 200 } else { 4_000 };
            tokio::select! {
                () = calm.cancelled() => break,
                () = tokio::time::sleep(Duration::from_millis(50 + chance() % most)) => {}
            }
            tasks.shutdown().await;
            let one_day = Timestamp::from_millis(i64::MAX);
            if !db.overdue(one_day, 1).await.unwrap().is_empty() {
                dropped.fetch_add(1, Ordering::Relaxed);
            }
            tasks = self.begin();
        }
        while tasks.join_next().await.is_some() {}
    }
}

impl World {
    async fn new(seed: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::at(START));
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(seed, clock.clone()));
        let deps = Deps { clock: clock.clone(), ids: ids.clone(), sources: Sources::default() };
        let db = Database::in_memory(deps).unwrap();
        let config = IdentityConfig::new(home.path().join("mail"), BaseUrl::fixed("http://127.0.0.1:8080"));
        let identity = Identity::open(Place::Memory, Mode::Inline, config, clock.clone(), ids.clone()).await.unwrap();
        let catalogue = Arc::new(Catalogue::parse(Catalogue::DEFAULT).unwrap());
        let cloud = FakeRuntime::new().slow("service", 3);
        let mut plan = Plan::seeded(seed).sometimes("runtime.", 150);
        for port in ["store.", "work.", "bus.", "inbox."] {
            plan = plan.sometimes(port, 50);
        }
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let store = Arc::new(db.clone());
        let bus = Arc::new(FaultyBus::new(store.clone(), plan.clone()));
        let (_ready, ready) = watch::channel(true);
        let cp = ControlPlane {
            store: Arc::new(FaultyStore::new(store.clone(), plan.clone())),
            orphans: Arc::new(db.clone()),
            keys: store.clone(),
            secrets: store.clone(),
            log: store.clone(),
            bus: bus.clone(),
            admins: Arc::new(identity.clone()),
            verifier: Arc::new(Verifier::new(Arc::new(identity), clock.clone())),
            clock: clock.clone(),
            ids: ids.clone(),
            catalogue: catalogue.clone(),
            settings: Settings {
                gateway_url: Some("http://127.0.0.1:8081".into()),
                issuer_base: "http://127.0.0.1:8080".into(),
                policy: ScopePolicy::default(),
                public_rate: RateLimit::DEFAULT,
                sources: Sources::default(),
                proxies: Proxies::default(),
            },
            ready,
            stop: stop.clone(),
        };
        let process = Process {
            cp,
            work: Arc::new(FaultyWork::new(store, plan.clone())),
            runtime: Arc::new(FaultyRuntime::new(Arc::new(cloud.clone()), plan.clone())),
            bus,
            begun: 0,
        };
        let (calm, dropped) = (CancellationToken::new(), Arc::default());
        tasks.spawn(process.live(db.clone(), seed, calm.clone(), Arc::clone(&dropped)));
        Self { db, cloud, catalogue, plan, stop, tasks, calm, dropped, _home: home }
    }

    async fn register(&self, n: usize) -> TenantRecord {
        let tier = self.catalogue.tier(TIERS[n % TIERS.len()]).unwrap();
        let name = format!("tenant-{n}");
        let new = NewTenant { tier: tier.name.clone(), budget: tier.budget, ..new_tenant(&name, tier.placement) };
        match self.db.register(new, None).await.unwrap() {
            Registered::New(record) => *record,
            other => panic!("{other:?}"),
        }
    }

    async fn begin(&self, record: &TenantRecord, what: Begin) {
        let budget = self.catalogue.tier(&record.tier).unwrap().budget;
        self.db.begin(&record.registration_id, what, budget, None, None).await.unwrap();
    }

    async fn record(&self, record: &TenantRecord) -> TenantRecord {
        self.db.tenant(&record.tenant_id).await.unwrap().unwrap()
    }

    /// Every operation ends, in hours of the paused clock.
    async fn ended(&self, record: &TenantRecord) -> TenantRecord {
        let waiting = async {
            loop {
                let now = self.record(record).await;
                if now.open_operation().is_none() {
                    return now;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let hours = Duration::from_secs(6 * 3600);
        tokio::time::timeout(hours, waiting).await.unwrap_or_else(|_| panic!("{} never ends", record.name))
    }

    /// Everything that was ever published, in order.
    async fn log(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut after = None;
        loop {
            let page =
                self.db.recent(&tenantry_ports::log::EventFilter::default(), PageRequest { limit: 100, after }).await;
            let page = page.unwrap();
            lines.extend(page.items.iter().map(|event| serde_json::to_string(event).unwrap()));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        lines.reverse();
        lines
    }
}

/// One life of the system: tenants come, some are sent away in the middle, all go in the end.
async fn live(seed: u64) -> Vec<String> {
    let world = World::new(seed).await;
    let mut records = Vec::new();
    for n in 0..TENANTS {
        records.push(world.register(n).await);
        tokio::time::sleep(Duration::from_millis(37)).await;
        if n % 7 == 3 {
            world.begin(&records[n / 2], Begin::Offboard).await;
        }
    }
    for record in &records {
        let ended = world.ended(record).await;
        let possible = [Status::Created, Status::Failed, Status::Deleted];
        assert!(possible.contains(&ended.status), "{}: {:?}", ended.name, ended.status);
    }
    let created = async {
        let mut count = 0;
        for record in &records {
            count += usize::from(world.record(record).await.status == Status::Created);
        }
        count
    };
    assert!(created.await > TENANTS / 2, "most of them come in spite of the faults");

    for record in &records {
        world.begin(record, Begin::Offboard).await;
    }
    for record in &records {
        let mut ended = world.ended(record).await;
        // One that failed is tried again, as a person would.
        while ended.status != Status::Deleted {
            world.begin(record, Begin::Offboard).await;
            ended = world.ended(record).await;
        }
    }
    let dropped = world.dropped.load(Ordering::Relaxed);
    assert!(dropped > 10, "it was dropped in the middle {dropped} times");
    world.plan.heal();
    world.calm.cancel();
    // A lost answer may leave a thing that only the sweep finds.
    tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
    let left: Vec<_> = world.cloud.things().into_iter().filter(|thing| thing.owner != Owner::Stage).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(world.cloud.trespasses(), Vec::<String>::new());
    let log = world.log().await;
    world.stop.cancel();
    world.tasks.close();
    tokio::time::timeout(Duration::from_secs(600), world.tasks.wait()).await.expect("everything stops");
    log
}

#[tokio::test(start_paused = true)]
async fn whatever_the_seed_every_operation_ends_and_nothing_is_left() {
    let mut logs = Vec::new();
    for seed in 1..=4 {
        logs.push(live(seed).await);
    }
    logs.dedup();
    assert_eq!(logs.len(), 4, "another seed is another life");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_is_the_same_life() {
    let (one, two) = (live(11).await, live(11).await);
    for (n, (a, b)) in one.iter().zip(&two).enumerate() {
        assert_eq!(a, b, "event {n} of {}", one.len());
    }
    assert_eq!(one.len(), two.len());
}
