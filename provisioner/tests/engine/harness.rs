//! Each step of each plan failed in every way and each step repeated: every operation ends, and leaves either all
//! of it or a clean slate. So it is with the steps of a clean-up, with the stage's own, and with what the engine does
//! around steps.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_conformance::fault::{Fault, Plan};
use tenantry_conformance::make::report;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Verdict;
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::operation::OperationKind;
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::status::Status;
use tenantry_ports::store::TenantStore;

use crate::world::{Running, TIERS, World, config};

/// How a run came out. The engine that saw its end is still running.
struct Outcome {
    world: World,
    status: Status,
    calls: Vec<String>,
    _engine: Running,
}

const FAULTS: [Fault; 6] =
    [Fault::Before, Fault::After, Fault::Twice, Fault::Refuse, Fault::CrashBefore, Fault::CrashAfter];

/// An operation, and what of it cannot be made in any run.
#[derive(Debug, Clone, Copy)]
struct Case {
    tier: &'static str,
    kind: OperationKind,
    refused: Option<&'static str>,
}

impl Case {
    const fn new(tier: &'static str, kind: OperationKind) -> Self {
        Self { tier, kind, refused: None }
    }

    fn plan(self) -> Plan {
        let plan = Plan::seeded(1);
        match self.refused {
            Some(call) => plan.nth(call, 0, Fault::Refuse),
            None => plan,
        }
    }

    fn good(self) -> Status {
        match (self.kind, self.refused) {
            (OperationKind::Onboard, None) => Status::Created,
            (OperationKind::Onboard, Some(_)) => Status::Failed,
            _ => Status::Deleted,
        }
    }
}

/// Onboards, and offboards if that is asked for. The plan's faults come in the operation in question only.
async fn run(case: Case, plan: Plan) -> Outcome {
    let world = World::new();
    let id;
    if case.kind == OperationKind::Offboard {
        let calm = world.calm();
        id = world.register("acme", case.tier).await;
        assert_eq!(world.ended(&id).await.status, Status::Created);
        calm.stop().await;
        world.begin(&id, Begin::Offboard).await;
    } else {
        id = world.register("acme", case.tier).await;
    }
    let faulty = world.engine("worker-faulty", plan.clone(), config());
    tokio::select! {
        _ = world.ended(&id) => {}
        () = plan.crashed() => {}
    }
    let engine = if plan.has_crashed() {
        drop(faulty);
        world.calm()
    } else {
        faulty
    };
    let status = world.assert_settled(&id).await;
    Outcome { world, status, calls: plan.calls(), _engine: engine }
}

/// Which calls a test is about.
type Concerns = fn(&str) -> bool;

fn of_the_tenant(call: &str) -> bool {
    call.ends_with(" tenant")
}

fn of_the_stage(call: &str) -> bool {
    call.ends_with(" stage")
}

fn of_the_clean_up(call: &str) -> bool {
    of_the_tenant(call) && call.starts_with("runtime.remove")
}

/// What the engine does for all owners together.
fn of_nobody(call: &str) -> bool {
    ["work.claim", "work.ring", "work.next_due", "inbox.receive provisioner", "inbox.ack provisioner"].contains(&call)
}

/// The tenant's id is another one in another run.
fn name(call: &str) -> String {
    call.split_once(" tenant ").map_or_else(|| call.to_owned(), |(name, _)| format!("{name} tenant"))
}

/// The calls of a run in which nothing else goes wrong, each with its number among those of its name. What is done
/// again and again, such as claiming, is the same at the fourth time.
async fn calls(case: Case, concerns: Concerns) -> Vec<(String, usize)> {
    let Outcome { status, calls, .. } = run(case, case.plan()).await;
    assert_eq!(status, case.good());
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let numbered = calls.iter().map(|call| name(call)).filter(|call| concerns(call)).map(|call| {
        let n = met.entry(call.clone()).or_default();
        *n += 1;
        (call, *n - 1)
    });
    let numbered: Vec<_> = numbered.filter(|(call, n)| !of_nobody(call) || *n < 3).collect();
    assert!(!numbered.is_empty(), "{case:?}");
    numbered
}

async fn fail_each(case: Case, concerns: Concerns) -> BTreeSet<String> {
    let mut failed = BTreeSet::new();
    for (call, n) in calls(case, concerns).await {
        for fault in FAULTS {
            // A store that breaks for good is not the engine's to mend.
            if fault == Fault::Refuse && call.starts_with("work.") {
                continue;
            }
            let plan = case.plan().nth(&call, n, fault);
            let out = run(case, plan.clone()).await;
            let refused = fault == Fault::Refuse && case.kind == OperationKind::Onboard;
            let refused = refused && call.starts_with("runtime.ensure") && of_the_tenant(&call);
            let expected = if refused { Status::Failed } else { case.good() };
            assert_eq!(out.status, expected, "{case:?}: {call} #{n} {fault:?}");
            assert_eq!(plan.unfired(), Vec::<String>::new(), "{case:?}: {call} #{n} {fault:?}");
            out.world.assert_made_once();
            if of_the_stage(&call) {
                assert_stage_whole(&out.world).await;
            }
        }
        failed.insert(call);
    }
    failed
}

async fn assert_stage_whole(world: &World) {
    world
        .until("the stage is whole", async || {
            let lines = world.inventory(&Owner::Stage).await;
            lines.len() == 7 && lines.iter().all(Entry::is_present)
        })
        .await;
    world.assert_made_once();
}

macro_rules! every_step {
    ($($name:ident: $tier:literal $kind:ident),* $(,)?) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let case = Case::new($tier, OperationKind::$kind);
            let failed = fail_each(case, of_the_tenant).await;
            let step = if case.kind == OperationKind::Onboard { "runtime.ensure" } else { "runtime.remove" };
            assert!(failed.iter().any(|call| call.starts_with(step)), "{failed:?}");
        }
    )*};
}
every_step! {
    onboarding_pooled: "basic" Onboard,
    onboarding_dedicated_services: "advanced" Onboard,
    onboarding_dedicated_cluster: "premium" Onboard,
    offboarding_pooled: "basic" Offboard,
    offboarding_dedicated_services: "advanced" Offboard,
    offboarding_dedicated_cluster: "premium" Offboard,
}

/// What was made before the one thing that cannot be made is removed, whatever happens on the way.
#[tokio::test(start_paused = true)]
async fn a_clean_up_withstands_each_fault() {
    for (tier, call) in [
        ("basic", "runtime.ensure rows/orders-orders tenant"),
        ("advanced", "runtime.ensure service/orders tenant"),
        ("premium", "runtime.ensure service/orders tenant"),
    ] {
        let case = Case { refused: Some(call), ..Case::new(tier, OperationKind::Onboard) };
        assert!(fail_each(case, of_the_clean_up).await.len() > 1, "{tier}");
    }
}

/// The engine hears, claims and looks on in spite of each fault.
#[tokio::test(start_paused = true)]
async fn claiming_and_hearing_withstand_each_fault() {
    for tier in TIERS {
        for kind in [OperationKind::Onboard, OperationKind::Offboard] {
            let failed = fail_each(Case::new(tier, kind), of_nobody).await;
            assert_eq!(failed.len(), 5, "each of them: {failed:?}");
        }
    }
}

/// The stage gets there, whatever happens on the way.
#[tokio::test(start_paused = true)]
async fn the_stage_withstands_each_fault() {
    let failed = fail_each(Case::new("basic", OperationKind::Onboard), of_the_stage).await;
    let made = failed.iter().filter(|call| call.starts_with("runtime.ensure"));
    assert_eq!(made.count(), 7, "each of its things: {failed:?}");
}

/// A tenant that another application plane places: whatever happens, nothing of it is touched, and what that plane
/// reports ends its operations.
#[tokio::test(start_paused = true)]
async fn an_external_tenant_withstands_each_fault() {
    let text = Catalogue::DEFAULT.replace("placement = \"pooled\"", "placement = \"external\"");
    let catalogue = Catalogue::parse(&text).unwrap();
    let mut calls = vec![("work.claim", 0), ("work.claim", 1), ("work.ring", 1), ("work.release tenant", 0)];
    calls.extend([("inbox.receive provisioner", 0), ("inbox.ack provisioner", 0)]);
    for (call, n) in calls {
        for fault in FAULTS {
            if fault == Fault::Refuse && call.starts_with("work.") {
                continue;
            }
            let case = format!("{call} #{n} {fault:?}");
            let world = World::with(catalogue.clone(), FakeRuntime::new());
            let plan = Plan::seeded(1).nth(call, n, fault);
            let faulty = world.engine("worker-faulty", plan.clone(), config());
            let id = world.register("acme", "basic").await;
            let fired = async || plan.unfired().is_empty();
            world.until(&format!("it goes wrong: {case}"), fired).await;
            let engine = if plan.has_crashed() {
                drop(faulty);
                world.calm()
            } else {
                faulty
            };
            for (begins, ends) in [(None, Status::Created), (Some(Begin::Offboard), Status::Deleted)] {
                if let Some(what) = begins {
                    world.begin(&id, what).await;
                }
                tokio::time::sleep(config().lease * 4).await;
                let record = world.record(&id).await;
                assert!(record.open_operation().is_some(), "{case}: it is not ours to end");
                world.db.apply(report(&record, Verdict::Success, ends.as_str())).await.unwrap();
                assert_eq!(world.ended(&id).await.status, ends, "{case}");
                world.assert_clean(&Owner::Tenant(id.clone())).await;
            }
            let touched = |plan: &Plan| plan.calls().iter().any(|c| c.starts_with("runtime.") && c.contains(" tenant"));
            assert!(!touched(&plan) && !touched(&engine.plan), "{case}");
        }
    }
}

/// Many things go wrong at once, over many seeds.
#[tokio::test(start_paused = true)]
async fn much_goes_wrong_at_random() {
    for seed in 0..20 {
        for tier in TIERS {
            let plan = Plan::seeded(seed).sometimes("runtime.", 200).sometimes("work.record", 100);
            let plan = plan.sometimes("inbox.", 100).sometimes("work.claim", 100);
            let out = run(Case::new(tier, OperationKind::Onboard), plan).await;
            assert_eq!(out.status, Status::Created, "{tier}, seed {seed}");
            out.world.assert_made_once();
        }
    }
}
