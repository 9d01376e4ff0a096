//! An installation without its edge: store, bus, a fake cloud, engines, and what the control plane does in the
//! background (it takes reports and lets operations expire).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_conformance::fault::{FaultyBus, FaultyRuntime, FaultyWork, Plan};
use tenantry_conformance::make::{START, new_tenant};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::{Event, Report, Sources};
use tenantry_contract::id::{TenantId, WorkerId};
use tenantry_contract::lifecycle::{Begin, NewTenant};
use tenantry_contract::orphan::Orphan;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_contract::status::Status;
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::SeededIds;
use tenantry_ports::bus::{Bus, Consumer};
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{BeginOutcome, Registered, TenantStore};
use tenantry_ports::work::WorkStore;
use tenantry_provisioner::{Engine, EngineConfig, EngineDeps};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::panics;

pub struct World {
    pub db: Database,
    pub cloud: FakeRuntime,
    pub catalogue: Arc<Catalogue>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    background: Vec<JoinHandle<()>>,
}

/// An engine under way. Dropped, it dies without a word.
pub struct Running {
    pub plan: Plan,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.background.iter().for_each(JoinHandle::abort);
        if !std::thread::panicking() {
            panics::assert_none();
        }
    }
}

pub fn config() -> EngineConfig {
    EngineConfig { sweep: Duration::from_secs(20), ..EngineConfig::default() }
}

/// The default tiers, by placement.
pub const TIERS: [&str; 3] = ["basic", "advanced", "premium"];

impl World {
    pub fn new() -> Self {
        Self::with(Catalogue::parse(Catalogue::DEFAULT).unwrap(), FakeRuntime::new())
    }

    pub fn with(catalogue: Catalogue, cloud: FakeRuntime) -> Self {
        panics::watch();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::at(START));
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7, clock.clone()));
        let deps = Deps { clock: clock.clone(), ids: ids.clone(), sources: Sources::default() };
        let db = Database::in_memory(deps).unwrap();
        let background = vec![tokio::spawn(reports(db.clone())), tokio::spawn(reaper(db.clone(), clock.clone()))];
        Self { db, cloud, catalogue: Arc::new(catalogue), clock, ids, background }
    }

    pub fn engine(&self, worker: &str, plan: Plan, config: EngineConfig) -> Running {
        let work: Arc<dyn WorkStore> = Arc::new(self.db.clone());
        self.engine_on(work, worker, plan, config)
    }

    pub fn engine_on(&self, work: Arc<dyn WorkStore>, worker: &str, plan: Plan, config: EngineConfig) -> Running {
        let deps = EngineDeps {
            work: Arc::new(FaultyWork::new(work, plan.clone())),
            tenants: Arc::new(self.db.clone()),
            orphans: Arc::new(self.db.clone()),
            runtime: Arc::new(FaultyRuntime::new(Arc::new(self.cloud.clone()), plan.clone())),
            bus: Arc::new(FaultyBus::new(Arc::new(self.db.clone()), plan.clone())),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            catalogue: self.catalogue.clone(),
            worker: WorkerId::parse(worker).unwrap(),
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(Engine::new(deps, config).run(stop.clone()));
        Running { plan, stop, task }
    }

    /// An engine to which nothing bad happens.
    pub fn calm(&self) -> Running {
        self.engine("worker-calm", Plan::seeded(1), config())
    }

    pub async fn register(&self, name: &str, tier: &str) -> TenantId {
        let tier = self.catalogue.tier(tier).unwrap();
        let new = NewTenant { tier: tier.name.clone(), budget: tier.budget, ..new_tenant(name, tier.placement) };
        match self.db.register(new, None).await.unwrap() {
            Registered::New(record) => record.tenant_id.clone(),
            other => panic!("not registered: {other:?}"),
        }
    }

    pub async fn begin(&self, id: &TenantId, what: Begin) {
        let record = self.record(id).await;
        let budget = self.catalogue.tier(&record.tier).unwrap().budget;
        let begun = self.db.begin(&record.registration_id, what, budget, None, None).await.unwrap();
        assert!(matches!(begun, BeginOutcome::Begun(_)), "{begun:?}");
    }

    pub async fn record(&self, id: &TenantId) -> TenantRecord {
        self.db.tenant(id).await.unwrap().unwrap()
    }

    /// Waits until the tenant's operation has ended.
    pub async fn ended(&self, id: &TenantId) -> TenantRecord {
        self.until("the operation ends", async || self.record(id).await.open_operation().is_none()).await;
        self.record(id).await
    }

    /// Waits for a condition, at most a few hours of the paused clock.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let waiting = async {
            let mut rest = Duration::from_millis(10);
            while !holds().await {
                tokio::time::sleep(rest).await;
                rest = rest.mul_f64(1.05).min(Duration::from_secs(2));
            }
        };
        tokio::time::timeout(Duration::from_secs(4 * 3600), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
    }

    pub async fn orphans(&self) -> Vec<Orphan> {
        self.db.orphans(PageRequest::first(1_000)).await.unwrap().items
    }

    /// Asks for the removal of every orphan, as an operator would.
    pub async fn remove_orphans(&self) {
        for orphan in self.orphans().await {
            assert!(self.db.request_orphan_removal(&orphan.id).await.unwrap().is_some());
        }
    }

    pub async fn inventory(&self, owner: &Owner) -> Vec<Entry> {
        self.db.inventory(owner).await.unwrap()
    }

    /// What exists is what the inventory lists as present.
    pub async fn assert_whole(&self, owner: &Owner) {
        let inventory = self.inventory(owner).await;
        let unfinished: Vec<_> = inventory.iter().filter(|e| !e.is_present()).collect();
        assert!(unfinished.is_empty(), "{unfinished:?}");
        let listed: BTreeSet<ResourceId> = inventory.into_iter().map(|e| e.resource.id).collect();
        assert!(!listed.is_empty());
        assert_eq!(self.cloud.of(owner), listed);
    }

    /// Nothing is left, and nothing is written down as left.
    pub async fn assert_clean(&self, owner: &Owner) {
        assert_eq!(self.inventory(owner).await, []);
        assert_eq!(self.cloud.of(owner), BTreeSet::new());
    }

    pub fn assert_made_once(&self) {
        for (thing, times) in self.cloud.made() {
            assert_eq!(times, 1, "{thing:?}");
        }
    }

    pub fn assert_careful(&self) {
        assert_eq!(self.cloud.trespasses(), Vec::<String>::new());
    }

    /// An end, and what has to be true then.
    pub async fn assert_settled(&self, id: &TenantId) -> Status {
        let record = self.ended(id).await;
        let owner = Owner::Tenant(id.clone());
        match record.status {
            Status::Created => self.assert_whole(&owner).await,
            Status::Failed | Status::Deleted => self.assert_clean(&owner).await,
            other => panic!("no end: {other}"),
        }
        self.assert_careful();
        record.status
    }
}

/// Takes the application plane's reports.
async fn reports(db: Database) {
    let inbox = db.inbox(Consumer::ControlPlane);
    loop {
        let deliveries = inbox.receive(10, Duration::from_secs(20), Duration::from_secs(30)).await.unwrap();
        for delivery in deliveries {
            let report = Report::from_event(&Event::parse(&delivery.body).unwrap()).unwrap();
            if let Some(report) = report {
                db.apply(report).await.unwrap();
            }
            inbox.ack(vec![delivery.receipt]).await.unwrap();
        }
    }
}

/// Lets operations expire.
async fn reaper(db: Database, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for id in db.overdue(clock.now(), 100).await.unwrap() {
            db.expire(&id).await.unwrap();
        }
    }
}
