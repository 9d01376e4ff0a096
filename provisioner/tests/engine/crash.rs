//! A crash between making a thing and recording it: it is found again and never made twice.

use std::collections::BTreeSet;

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_conformance::fault::{Fault, Plan};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;
use tokio::time::Instant;

use crate::world::{World, config};

/// Every thing there is, of tenants and of the stage, by what an undisturbed run makes: what is made one day is among
/// them by itself.
async fn things() -> Vec<(&'static str, &'static str, String)> {
    let mut things = Vec::new();
    for tier in ["premium", "basic"] {
        let world = World::new();
        let _engine = world.calm();
        let id = world.register("acme", tier).await;
        assert_eq!(world.assert_settled(&id).await, Status::Created);
        world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
        let owners = [("tenant", Owner::Tenant(id)), ("stage", Owner::Stage)];
        // The stage is the same for both.
        for (whose, owner) in owners.into_iter().filter(|(whose, _)| tier == "basic" || *whose == "tenant") {
            things.extend(world.cloud.of(&owner).into_iter().map(|thing| (tier, whose, thing.to_string())));
        }
    }
    things
}

#[tokio::test(start_paused = true)]
async fn what_was_made_and_not_recorded_is_adopted() {
    for (tier, owner, thing) in things().await {
        let world = World::new();
        let id = world.register("acme", tier).await;
        let plan = Plan::seeded(1).nth(&format!("runtime.ensure {thing} {owner}"), 0, Fault::CrashAfter);
        let dying = world.engine("worker-1", plan.clone(), config());
        plan.crashed().await;
        drop(dying);
        assert!(world.cloud.things().iter().any(|t| t.resource.as_str() == thing), "{thing} was made");

        let whose = if owner == "stage" { Owner::Stage } else { Owner::Tenant(id.clone()) };
        let lines = world.inventory(&whose).await;
        let line = lines.iter().find(|e| e.resource.id.as_str() == thing);
        assert!(line.is_some_and(|e| !e.is_present()), "{thing} was intended before it was made");

        let _next = world.calm();
        assert_eq!(world.assert_settled(&id).await, Status::Created, "{thing}");
        world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
        world.assert_made_once();
    }
}

/// A thing that takes its time is not made again by those who come to look, either.
#[tokio::test(start_paused = true)]
async fn slow_things_are_waited_for_without_holding_on() {
    let cloud = FakeRuntime::new().slow("process", 5).slow("pool", 3).slow("table", 2);
    let world = World::with(Catalogue::parse(Catalogue::DEFAULT).unwrap(), cloud);
    let engine = world.calm();
    let id = world.register("acme", "premium").await;
    assert_eq!(world.assert_settled(&id).await, Status::Created);
    world.assert_made_once();
    let claims = engine.plan.calls().iter().filter(|c| *c == "work.claim").count();
    assert!(claims > 5, "it let go while it waited");
    let steps = world.record(&id).await.operation.unwrap().steps;
    assert!(steps.iter().all(|s| s.ended_at.is_some()), "{steps:?}");
    assert_eq!(steps.len(), 8);
}

/// What is in flight when an engine is asked to stop is finished, recorded and let go.
#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_is_in_flight() {
    let world = World::new();
    let id = world.register("acme", "premium").await;
    let slow = Fault::Delay(std::time::Duration::from_secs(2));
    let plan = Plan::seeded(1).always("runtime.ensure pool/users tenant", slow);
    let first = world.engine("worker-1", plan.clone(), config());
    let asked = |plan: &Plan| plan.calls().iter().any(|c| c.starts_with("runtime.ensure pool/users tenant"));
    world.until("the pool is being made", async || asked(&plan)).await;
    first.stop().await;

    let owner = Owner::Tenant(id.clone());
    let inventory = world.inventory(&owner).await;
    let present: BTreeSet<_> = inventory.iter().filter(|e| e.is_present()).map(|e| e.resource.id.clone()).collect();
    assert_eq!(present, world.cloud.of(&owner), "what was made is recorded");
    assert!(present.iter().any(|id| id.as_str() == "pool/users"));

    let resumed = Instant::now();
    let _next = world.calm();
    assert_eq!(world.assert_settled(&id).await, Status::Created);
    assert!(resumed.elapsed() < config().lease, "no lease had to pass");
    world.assert_made_once();
}
