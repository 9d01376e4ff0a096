//! Onboardings by several workers while calls fail: what the engine and the control plane do, with nothing between.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry_aws::table::Database;
use tenantry_conformance::make::{new_tenant, owner, present, worker};
use tenantry_conformance::subject::{HandClock, Time};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Event, EventName, Report, Verdict};
use tenantry_contract::operation::{Step, StepAction, StepState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::status::Status;
use tenantry_ports::bus::{Bus, Consumer};
use tenantry_ports::clock::Clock;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{ApplyOutcome, Registered, TenantStore};
use tenantry_ports::work::{Claim, Done, Release, WorkStore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{LEASE, MINUTE};
use crate::faults::behind_a_proxy;
use crate::support::outbox::OutboxBus;

const MANY: usize = 20;
const PATIENCE: Duration = Duration::from_secs(120);

/// The last fence of each owner.
type Fences = Arc<Mutex<HashMap<Owner, u64>>>;

fn lines() -> Vec<Entry> {
    ["pool", "service", "table"].map(|kind| present(kind, "orders")).into()
}

/// Claims and works, for ever. A call that fails for good ends a pass, as it does an engine's.
async fn work(database: Database, clock: Arc<HandClock>, n: usize, fences: Fences) {
    loop {
        let now = Clock::now(&*clock);
        for claim in database.claim(&worker(n), now, now.plus(LEASE), 4).await.unwrap_or_default() {
            let before = fences.lock().unwrap().insert(claim.hold.owner.clone(), claim.hold.fence);
            assert!(before.is_none_or(|before| before < claim.hold.fence), "{claim:?} after {before:?}");
            let _ = pass(&database, &clock, &claim).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One look at one owner. None if it was lost, or a call failed for good.
async fn pass(database: &Database, clock: &HandClock, claim: &Claim) -> Option<()> {
    let now = Clock::now(clock);
    let open = claim.record.as_ref().and_then(TenantRecord::open_operation).is_some();
    if !open {
        return database.release(&claim.hold, None).await.ok().map(drop);
    }
    for entry in lines() {
        let intended = Entry { state: tenantry_contract::resource::EntryState::Intended, ..entry.clone() };
        let name = entry.resource.id.to_string();
        let state = StepState::Running;
        let step = Step { name, action: StepAction::Create, state, started_at: now, ended_at: None, note: None };
        let begun = Done { entries: vec![intended], steps: vec![step.clone()], ..Done::default() };
        database.record(&claim.hold, begun).await.ok()?;
        let step = Step { state: StepState::Done, ended_at: Some(now), ..step };
        let ended = Done { entries: vec![entry], steps: vec![step], announce: true, ..Done::default() };
        database.record(&claim.hold, ended).await.ok()?;
    }
    let release = Some(Release { next: Some(now.plus(MINUTE)) });
    let verdict = Some((Verdict::Success, Attributes::default()));
    database.record(&claim.hold, Done { verdict, release, ..Done::default() }).await.ok().map(drop)
}

/// Applies reports until all operations have ended. How many were applied.
async fn control_plane(database: &Database, bus: &OutboxBus) -> usize {
    let inbox = bus.inbox(Consumer::ControlPlane);
    let (mut applied, begun) = (0, Instant::now());
    while applied < MANY {
        assert!(begun.elapsed() < PATIENCE, "{applied} operations have ended");
        for delivery in inbox.receive(10, Duration::ZERO, Duration::ZERO).await.unwrap() {
            let event = Event::parse(&delivery.body).unwrap();
            let Some(report) = Report::from_event(&event).unwrap() else { continue };
            let outcome = loop {
                if let Ok(outcome) = database.apply(report.clone()).await {
                    break outcome;
                }
            };
            applied += usize::from(matches!(outcome, ApplyOutcome::Applied { .. }));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    applied
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn with_a_third_of_all_calls_failing_every_onboarding_ends_once() {
    let (direct, through, proxy) = behind_a_proxy().await;
    proxy.fail(300, 7);
    let mut beside = JoinSet::new();
    for clock in [direct.clock.clone(), through.clock.clone()] {
        // A lease whose holder was lost on the way passes.
        beside.spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                clock.pass(Duration::from_millis(20)).await;
            }
        });
    }
    let fences = Fences::default();
    for n in 0..3 {
        beside.spawn(work(through.database.clone(), through.clock.clone(), n, fences.clone()));
    }
    let mut records = Vec::new();
    for n in 0..MANY {
        let new = new_tenant(&format!("tenant{n}"), Placement::DedicatedServices);
        let Registered::New(record) = through.database.register(new, None).await.unwrap() else {
            panic!("not registered")
        };
        through.database.ring(&[owner(&record)], Clock::now(&*through.clock)).await.unwrap();
        records.push(record);
    }
    let bus = OutboxBus::new(direct.database.clone());
    let ended = control_plane(&through.database, &bus);
    tokio::select! {
        applied = ended => assert_eq!(applied, MANY),
        Some(died) = beside.join_next() => panic!("somebody ended: {died:?}"),
    }
    beside.shutdown().await;
    assert!(proxy.failed() > 100, "only {} calls failed", proxy.failed());
    for record in records {
        let kept = direct.database.tenant(&record.tenant_id).await.unwrap().unwrap();
        assert_eq!(kept.status, Status::Created);
        assert_eq!(direct.database.inventory(&owner(&record)).await.unwrap(), lines());
        let filter = EventFilter { tenant: Some(record.tenant_id.clone()), detail_type: None };
        let told = direct.database.recent(&filter, PageRequest::first(100)).await.unwrap().items;
        let ended = told.iter().filter(|e| e.name() == Some(EventName::OperationEnded)).count();
        assert_eq!(ended, 1, "{}", record.name);
    }
    let listed = direct.database.owners(PageRequest::first(100)).await.unwrap().items;
    assert_eq!(listed.len(), MANY);
}
