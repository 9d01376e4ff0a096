//! What carries our tags and no inventory names: reported, and removed only by whoever may.

use std::sync::Arc;
use std::time::Duration;

use tenantry_conformance::fault::Plan;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::EventName;
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_contract::status::Status;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::runtime::Runtime;
use tenantry_provisioner::EngineConfig;

use crate::world::{World, config};

/// A store that knows nothing of what the cloud holds, as after a restore of an older copy or a lost file.
async fn lost_store() -> (World, Owner) {
    let before = World::new();
    let engine = before.calm();
    let id = before.register("acme", "premium").await;
    assert_eq!(before.assert_settled(&id).await, Status::Created);
    engine.stop().await;
    let after = World::with(Catalogue::parse(Catalogue::DEFAULT).unwrap(), before.cloud.clone());
    (after, Owner::Tenant(id))
}

fn holds_data(world: &World, owner: &Owner) -> Vec<String> {
    let things = world.cloud.things().into_iter().filter(|t| &t.owner == owner && world.cloud.holds_data(&t.kind));
    things.map(|t| t.native).collect()
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_its_records_loses_no_data() {
    let (world, owner) = lost_store().await;
    let data = holds_data(&world, &owner);
    assert!(data.len() >= 3, "a pool and tables: {data:?}");
    let _engine = world.calm();
    world
        .until("what holds data is reported", async || {
            world.orphans().await.iter().filter(|o| o.owner == owner && o.holds_data).count() == data.len()
        })
        .await;
    tokio::time::sleep(config().orphan_grace + config().sweep * 4).await;
    assert_eq!(holds_data(&world, &owner), data);
    // Its services held no data and nobody knew of them.
    assert!(!world.cloud.of(&owner).contains(&ResourceId::new("service", "orders")));
    let filter =
        EventFilter { detail_type: Some(EventName::OrphanFound.detail_type().into()), ..EventFilter::default() };
    let told = world.db.recent(&filter, PageRequest::first(100)).await.unwrap().items;
    assert!(told.len() >= data.len() && told.iter().all(|e| e.text("orphanId").is_some()));
}

#[tokio::test(start_paused = true)]
async fn what_holds_no_data_stays_for_its_grace_period() {
    let (world, owner) = lost_store().await;
    let service = ResourceId::new("service", "orders");
    let patient = EngineConfig { orphan_grace: Duration::from_secs(100_000), ..config() };
    let engine = world.engine("worker-1", Plan::seeded(1), patient);
    world.until("it is reported", async || world.orphans().await.iter().any(|o| o.resource == service)).await;
    tokio::time::sleep(config().sweep * 4).await;
    assert!(world.cloud.of(&owner).contains(&service));
    engine.stop().await;
    // The time of its first sighting is in the store: a restart does not begin the grace period anew.
    tokio::time::sleep(config().orphan_grace).await;
    let _engine = world.calm();
    let began = tokio::time::Instant::now();
    world.until("it is gone", async || !world.cloud.of(&owner).contains(&service)).await;
    assert!(began.elapsed() < config().orphan_grace);
}

#[tokio::test(start_paused = true)]
async fn an_operator_removes_one_orphan_and_no_other() {
    let (world, owner) = lost_store().await;
    let _engine = world.calm();
    let tables = || {
        let all = world.cloud.of(&owner);
        all.into_iter().filter(|id| id.as_str().starts_with("table/")).collect::<Vec<_>>()
    };
    let before = tables();
    let table = before[0].clone();
    world.until("it is reported", async || world.orphans().await.iter().any(|o| o.resource == table)).await;
    let orphan = world.orphans().await.into_iter().find(|o| o.owner == owner && o.resource == table).unwrap();
    tenantry_ports::orphans::OrphanStore::request_orphan_removal(&world.db, &orphan.id).await.unwrap().unwrap();
    world.until("it is gone", async || !tables().contains(&table)).await;
    world.until("it is forgotten", async || !world.orphans().await.iter().any(|o| o.id == orphan.id)).await;
    tokio::time::sleep(config().sweep * 4).await;
    assert_eq!(tables(), before[1..]);
}

/// An inventory that names it by the time of the removal wins.
#[tokio::test(start_paused = true)]
async fn what_an_inventory_names_again_is_not_removed() {
    let world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "premium").await;
    world.assert_settled(&id).await;
    engine.stop().await;
    let owner = Owner::Tenant(id);
    let mut orphan = None;
    for thing in world.cloud.things().into_iter().filter(|t| t.owner == owner && t.kind == "pool") {
        orphan = Some(tenantry_contract::orphan::Orphan {
            id: tenantry_contract::orphan::OrphanId::of(&thing.owner, &thing.resource, &thing.native),
            owner: thing.owner,
            resource: thing.resource,
            kind: thing.kind,
            native: thing.native,
            holds_data: true,
            recorded_twin: None,
            first_seen: world.clock.now(),
            removal_requested: None,
        });
    }
    let orphan = orphan.unwrap();
    let store: Arc<dyn tenantry_ports::orphans::OrphanStore> = Arc::new(world.db.clone());
    store.record_orphans(vec![orphan.clone()]).await.unwrap();
    store.request_orphan_removal(&orphan.id).await.unwrap();
    let _engine = world.calm();
    world.until("a sweep forgets it", async || world.orphans().await.is_empty()).await;
    world.assert_whole(&owner).await;
}

#[tokio::test(start_paused = true)]
async fn leftovers_of_an_offboarded_tenant_go_without_asking() {
    let world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "premium").await;
    world.assert_settled(&id).await;
    let owner = Owner::Tenant(id.clone());
    world.cloud.twin(&owner, &ResourceId::new("pool", "users"));
    engine.stop().await;
    world.begin(&id, Begin::Offboard).await;
    let _engine = world.calm();
    assert_eq!(world.ended(&id).await.status, Status::Deleted);
    world.until("nothing is left", async || !world.cloud.things().iter().any(|t| t.owner == owner)).await;
    assert!(world.orphans().await.iter().all(|o| o.owner != owner));
}
