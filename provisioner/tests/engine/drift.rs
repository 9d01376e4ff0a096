//! What drifts is mended, and what the catalogue changes is brought up to date.

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_contract::status::Status;
use tenantry_ports::routes::Routes;

use crate::world::World;

fn service() -> ResourceId {
    ResourceId::new("service", "orders")
}

async fn answers(world: &World, owner: &Owner) -> bool {
    let name = tenantry_contract::name::ServiceName::parse("orders").unwrap();
    world.cloud.locate(owner, &name).await.unwrap().is_some()
}

#[tokio::test(start_paused = true)]
async fn what_drifts_or_vanishes_is_mended() {
    let world = World::new();
    let _engine = world.calm();
    let id = world.register("acme", "advanced").await;
    world.ended(&id).await;
    for owner in [Owner::Tenant(id.clone()), Owner::Stage] {
        world.cloud.drift(&owner, &service());
        assert!(!answers(&world, &owner).await);
        world.until("it is mended", async || answers(&world, &owner).await).await;
        world.cloud.lose(&owner, &service());
        world.until("it is made again", async || answers(&world, &owner).await).await;
    }
    assert_eq!(world.record(&id).await.status, Status::Created);
    world.assert_careful();
}

#[tokio::test(start_paused = true)]
async fn what_a_restart_forgets_is_made_again_at_once() {
    let world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "premium").await;
    world.ended(&id).await;
    let owner = Owner::Tenant(id);
    engine.stop().await;
    world.cloud.lose(&owner, &service());
    let began = tokio::time::Instant::now();
    let _engine = world.calm();
    world.until("it answers again", async || answers(&world, &owner).await).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_changed_catalogue_changes_services_and_keeps_data() {
    let mut world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "premium").await;
    world.ended(&id).await;
    world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
    engine.stop().await;
    let owner = Owner::Tenant(id);
    let before = world.cloud.spec_hash(&owner, &service()).unwrap();

    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    catalogue.services.retain(|s| s.name.as_str() != "products");
    catalogue.services[0].replicas = 2;
    world.catalogue = std::sync::Arc::new(catalogue);
    let _engine = world.calm();
    for owner in [Owner::Stage, owner] {
        let dropped = ResourceId::new("service", "products");
        world.until("what was dropped is gone", async || !world.cloud.of(&owner).contains(&dropped)).await;
        world.until("it is changed", async || world.cloud.spec_hash(&owner, &service()).unwrap() != before).await;
        assert!(world.cloud.of(&owner).contains(&ResourceId::new("table", "products-products")), "data stays");
    }
    world.assert_made_once();
    world.assert_careful();
}

/// The stage keeps what tenants stand on, though no tier on sale needs it any more.
#[tokio::test(start_paused = true)]
async fn the_stage_keeps_what_tenants_stand_on() {
    let mut world = World::new();
    let engine = world.calm();
    let id = world.register("acme", "advanced").await;
    world.ended(&id).await;
    world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
    engine.stop().await;
    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    catalogue.tiers.retain(|t| t.name == "premium");
    world.catalogue = std::sync::Arc::new(catalogue);
    let _engine = world.calm();
    world.until("shared services are gone", async || !world.cloud.of(&Owner::Stage).contains(&service())).await;
    assert!(world.cloud.of(&Owner::Stage).contains(&ResourceId::new("cluster", "main")));
    assert!(world.cloud.of(&Owner::Stage).contains(&ResourceId::new("table", "products-products")));
    world.assert_whole(&Owner::Tenant(id)).await;
    world.assert_careful();
}

#[tokio::test(start_paused = true)]
async fn a_placement_nobody_sells_makes_nothing() {
    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    catalogue.tiers.retain(|t| t.name == "premium");
    let world = World::with(catalogue, FakeRuntime::new());
    let _engine = world.calm();
    let id = world.register("acme", "premium").await;
    assert_eq!(world.assert_settled(&id).await, Status::Created);
    assert!(world.cloud.of(&Owner::Stage).is_empty());
}
