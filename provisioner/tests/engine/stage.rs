//! What the stage keeps for its tenants, however many they are.

use std::time::Duration;

use tenantry_conformance::fault::{Fault, Plan};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_contract::status::Status;
use tenantry_ports::work::WorkStore;

use crate::world::{World, config};

fn service(name: &str) -> ResourceId {
    ResourceId::new("service", name)
}

fn asked(plan: &Plan) -> usize {
    plan.calls().iter().filter(|call| *call == "work.inventories").count()
}

/// So many that their inventories cannot be read within one lease.
#[tokio::test(start_paused = true)]
async fn the_stage_changes_however_long_it_takes_to_ask_the_tenants() {
    let mut world = World::new();
    let engine = world.calm();
    let mut last = None;
    for n in 0..420 {
        last = Some(world.register(&format!("acme-{n}"), "basic").await);
    }
    assert_eq!(world.assert_settled(&last.unwrap()).await, Status::Created);
    world.until("all are there", async || world.cloud.things().len() >= 7 + 420 * 3).await;
    engine.stop().await;

    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    catalogue.services.retain(|s| s.name.as_str() != "products");
    world.catalogue = std::sync::Arc::new(catalogue);
    let slow = Fault::Delay(Duration::from_secs(3));
    let config = tenantry_provisioner::EngineConfig { sweep: Duration::from_secs(100_000), ..config() };
    let engine = world.engine("worker-1", Plan::seeded(1).always("work.inventories", slow), config);
    world
        .until("what was dropped is gone", async || !world.cloud.of(&Owner::Stage).contains(&service("products")))
        .await;
    assert_eq!(asked(&engine.plan), 5, "each page once");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(asked(&engine.plan), 5, "there is nothing to ask any more");
    world.assert_careful();
}

#[tokio::test(start_paused = true)]
async fn what_is_known_to_be_needed_is_not_asked_for_again() {
    let mut world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "advanced").await;
    world.ended(&id).await;
    world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
    engine.stop().await;
    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    catalogue.tiers.retain(|t| t.name == "premium");
    world.catalogue = std::sync::Arc::new(catalogue);
    let config = tenantry_provisioner::EngineConfig { sweep: Duration::from_secs(100_000), ..config() };
    let engine = world.engine("worker-1", Plan::seeded(1), config);
    world.until("shared services are gone", async || !world.cloud.of(&Owner::Stage).contains(&service("orders"))).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let before = asked(&engine.plan);
    for _ in 0..10 {
        world.db.ring(&[Owner::Stage], world.clock.now()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(asked(&engine.plan), before);
    assert!(world.cloud.of(&Owner::Stage).contains(&ResourceId::new("cluster", "main")));
    // Its tier is told from the catalogue it was sold by.
    world.catalogue = std::sync::Arc::new(Catalogue::parse(Catalogue::DEFAULT).unwrap());
    world.begin(&id, tenantry_contract::lifecycle::Begin::Offboard).await;
    assert_eq!(world.assert_settled(&id).await, Status::Deleted);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    world.db.ring(&[Owner::Stage], world.clock.now()).await.unwrap();
    world
        .until("nobody needs it", async || !world.cloud.of(&Owner::Stage).contains(&ResourceId::new("cluster", "main")))
        .await;
}

/// An inventory that cannot be read keeps what is dropped and nothing else.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_does_not_stop_the_stage() {
    let mut world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "basic").await;
    world.ended(&id).await;
    world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
    engine.stop().await;
    let before = world.cloud.spec_hash(&Owner::Stage, &service("orders"));
    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    catalogue.services.retain(|s| s.name.as_str() != "products");
    catalogue.services[0].replicas = 2;
    world.catalogue = std::sync::Arc::new(catalogue);
    let plan = Plan::seeded(1).always("work.inventories", Fault::Refuse);
    let engine = world.engine("worker-1", plan, config());
    world.until("it is changed", async || world.cloud.spec_hash(&Owner::Stage, &service("orders")) != before).await;
    assert!(world.cloud.of(&Owner::Stage).contains(&service("products")));
    engine.plan.heal();
    world
        .until("what was dropped is gone", async || !world.cloud.of(&Owner::Stage).contains(&service("products")))
        .await;
    world.assert_careful();
}
