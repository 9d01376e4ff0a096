//! Each step of each plan failed in every way and each step repeated: every operation ends, and leaves either all
//! of it or a clean slate.

use std::collections::BTreeSet;

use tenantry_conformance::fault::{Fault, Plan};
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::operation::OperationKind;
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::status::Status;

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

/// Onboards, and offboards if that is asked for. `faults` go wrong in the operation in question only.
async fn run(tier: &str, kind: OperationKind, plan: Plan) -> Outcome {
    let world = World::new();
    let id;
    if kind == OperationKind::Offboard {
        let calm = world.calm();
        id = world.register("acme", tier).await;
        assert_eq!(world.ended(&id).await.status, Status::Created);
        calm.stop().await;
        world.begin(&id, Begin::Offboard).await;
    } else {
        id = world.register("acme", tier).await;
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

/// The calls of an undisturbed run that concern the tenant, each with its number among those of its name.
async fn calls(tier: &str, kind: OperationKind) -> Vec<(String, usize)> {
    let Outcome { status, calls, .. } = run(tier, kind, Plan::seeded(1)).await;
    assert!(matches!(status, Status::Created | Status::Deleted));
    let mut seen: Vec<(String, usize)> = Vec::new();
    for call in calls {
        // The tenant's id is another one in another run.
        let Some((name, _)) = call.split_once("tenant ") else { continue };
        let name = format!("{name}tenant");
        let before = seen.iter().filter(|(known, _)| known == &name).count();
        seen.push((name, before));
    }
    assert!(seen.iter().any(|(name, _)| name.starts_with("runtime.")), "{seen:?}");
    seen
}

async fn fail_each(tier: &str, kind: OperationKind) {
    let good = if kind == OperationKind::Onboard { Status::Created } else { Status::Deleted };
    let mut ends = BTreeSet::new();
    for (call, n) in calls(tier, kind).await {
        for fault in FAULTS {
            // A store that breaks for good is not the engine's to mend.
            if fault == Fault::Refuse && call.starts_with("work.") {
                continue;
            }
            let out = run(tier, kind, Plan::seeded(1).nth(&call, n, fault)).await;
            let refused = fault == Fault::Refuse && kind == OperationKind::Onboard && call.contains("ensure");
            let expected = if refused { Status::Failed } else { good };
            assert_eq!(out.status, expected, "{tier} {kind:?}: {call} #{n} {fault:?}");
            out.world.assert_made_once();
            ends.insert(out.status.as_str());
        }
    }
    assert!(ends.contains(good.as_str()));
}

macro_rules! every_step {
    ($($name:ident: $tier:literal $kind:ident),* $(,)?) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            fail_each($tier, OperationKind::$kind).await;
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

/// Many things go wrong at once, over many seeds.
#[tokio::test(start_paused = true)]
async fn much_goes_wrong_at_random() {
    for seed in 0..20 {
        for tier in TIERS {
            let plan = Plan::seeded(seed).sometimes("runtime.", 200).sometimes("work.record", 100);
            let plan = plan.sometimes("inbox.", 100).sometimes("work.claim", 100);
            let out = run(tier, OperationKind::Onboard, plan).await;
            assert_eq!(out.status, Status::Created, "{tier}, seed {seed}");
            out.world.assert_made_once();
        }
    }
}

/// The stage gets there, whatever happens on the way.
#[tokio::test(start_paused = true)]
async fn the_stage_withstands_each_fault() {
    let resources = ["pool/users", "cluster/main", "table/orders-orders", "service/users"];
    for resource in resources {
        for fault in FAULTS {
            let plan = Plan::seeded(1).nth(&format!("runtime.ensure {resource} stage"), 0, fault);
            let out = run("basic", OperationKind::Onboard, plan).await;
            assert_eq!(out.status, Status::Created, "{resource} {fault:?}");
            let world = &out.world;
            world
                .until("the stage is whole", async || {
                    let lines = world.inventory(&Owner::Stage).await;
                    lines.len() == 7 && lines.iter().all(Entry::is_present)
                })
                .await;
            out.world.assert_made_once();
        }
    }
}
