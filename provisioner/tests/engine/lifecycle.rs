//! Operations from begin to end: crossing, giving up, trying again.

use std::time::Duration;

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_conformance::fault::{Fault, Plan};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::operation::{Failure, OperationState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;

use crate::world::{TIERS, World, config};

fn failure(record: &TenantRecord) -> &Failure {
    match &record.operation.as_ref().unwrap().state {
        OperationState::Failed { failure, .. } => failure,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_tier_comes_and_goes() {
    let world = World::new();
    let _engine = world.calm();
    for tier in TIERS {
        let id = world.register(&format!("acme-{tier}"), tier).await;
        assert_eq!(world.assert_settled(&id).await, Status::Created, "{tier}");
        let config = world.record(&id).await.tenant_config().unwrap();
        let pooled = tier == "basic";
        let owner = if pooled { Owner::Stage } else { Owner::Tenant(id.clone()) };
        let pool = world.cloud.things().into_iter().find(|t| t.owner == owner && t.kind == "pool").unwrap();
        assert_eq!(config["userPoolId"], pool.native);
        assert_eq!(config["appClientId"], format!("client-of-{}", pool.native));
        assert!(world.record(&id).await.tenant.text("tenantConfig").is_some(), "it is JSON text");
        world.begin(&id, Begin::Offboard).await;
        assert_eq!(world.assert_settled(&id).await, Status::Deleted, "{tier}");
    }
    world.assert_whole(&Owner::Stage).await;
    world.assert_made_once();
}

#[tokio::test(start_paused = true)]
async fn many_come_at_once() {
    let world = World::new();
    let _engine = world.calm();
    let mut ids = Vec::new();
    for n in 0..120 {
        ids.push(world.register(&format!("acme-{n}"), TIERS[n % 3]).await);
    }
    for id in &ids {
        assert_eq!(world.assert_settled(id).await, Status::Created);
    }
    world.assert_made_once();
}

#[tokio::test(start_paused = true)]
async fn another_catalogue_with_other_names() {
    let text = Catalogue::DEFAULT
        .replace("\"basic\"", "\"seedling\"")
        .replace("\"premium\"", "\"forest\"")
        .replace("\"orders\"", "\"birds\"")
        .replace("/orders/health", "/birds/health");
    let mut catalogue = Catalogue::parse(&text).unwrap();
    catalogue.tiers.retain(|t| t.name != "advanced");
    catalogue.services.retain(|s| s.name.as_str() == "birds");
    let world = World::with(catalogue, FakeRuntime::new());
    let _engine = world.calm();
    for tier in ["seedling", "forest"] {
        let id = world.register(&format!("acme-{tier}"), tier).await;
        assert_eq!(world.assert_settled(&id).await, Status::Created, "{tier}");
        let has = world.cloud.of(&Owner::Tenant(id));
        let expected = if tier == "seedling" { "rows/birds-birds" } else { "service/birds" };
        assert!(has.iter().any(|r| r.as_str() == expected), "{has:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_external_tenant_is_left_alone() {
    let text = Catalogue::DEFAULT.replace("placement = \"pooled\"", "placement = \"external\"");
    let world = World::with(Catalogue::parse(&text).unwrap(), FakeRuntime::new());
    let _engine = world.calm();
    let id = world.register("acme", "basic").await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(world.record(&id).await.status, Status::InProgress);
    world.assert_clean(&Owner::Tenant(id)).await;
}

#[tokio::test(start_paused = true)]
async fn offboarding_wins_over_an_onboarding_under_way() {
    let cloud = FakeRuntime::new().slow("process", 40);
    let world = World::with(Catalogue::parse(Catalogue::DEFAULT).unwrap(), cloud);
    let _engine = world.calm();
    let id = world.register("acme", "premium").await;
    let owner = Owner::Tenant(id.clone());
    let services = |world: &World| world.cloud.of(&owner).iter().any(|r| r.as_str().starts_with("service/"));
    world.until("services are being made", async || services(&world)).await;
    world.begin(&id, Begin::Offboard).await;
    assert_eq!(world.assert_settled(&id).await, Status::Deleted);
    // The report that ended it was the offboarding's.
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(world.record(&id).await.status, Status::Deleted);
    world.assert_clean(&owner).await;
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_says_what_and_where() {
    let world = World::new();
    let plan = Plan::seeded(1).always("runtime.ensure service/orders tenant", Fault::Refuse);
    let _engine = world.engine("worker-1", plan.clone(), config());
    let id = world.register("acme", "premium").await;
    assert_eq!(world.assert_settled(&id).await, Status::Failed);
    let record = world.record(&id).await;
    assert_eq!(failure(&record).step.as_deref(), Some("service/orders"));
    assert_eq!(failure(&record).reason, "a fault on purpose");
    assert!(failure(&record).remains.is_empty());

    plan.heal();
    world.begin(&id, Begin::Retry).await;
    assert_eq!(world.assert_settled(&id).await, Status::Created);
    assert_eq!(world.record(&id).await.operation.unwrap().attempt, 2);
}

#[tokio::test(start_paused = true)]
async fn past_the_deadline_it_turns_to_clean_up() {
    let world = World::new();
    let plan = Plan::seeded(1).always("runtime.ensure service/orders tenant", Fault::Before);
    let _engine = world.engine("worker-1", plan, config());
    let id = world.register("acme", "premium").await;
    assert_eq!(world.assert_settled(&id).await, Status::Failed);
    let record = world.record(&id).await;
    assert!(failure(&record).reason.contains("not finished within 45 minutes"), "{:?}", failure(&record));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_named_and_removed_later() {
    let world = World::new();
    let plan = Plan::seeded(1).always("runtime.remove pool/users tenant", Fault::Refuse);
    let _engine = world.engine("worker-1", plan.clone(), config());
    let id = world.register("acme", "premium").await;
    assert_eq!(world.assert_settled(&id).await, Status::Created);
    world.begin(&id, Begin::Offboard).await;
    let record = world.ended(&id).await;
    assert_eq!(record.status, Status::Failed);
    assert_eq!(failure(&record).remains, ["pool/users"]);
    assert_eq!(failure(&record).step.as_deref(), Some("pool/users"));

    // The timer keeps removing, without anybody asking.
    plan.heal();
    let owner = Owner::Tenant(id);
    world.until("the rest is gone", async || world.inventory(&owner).await.is_empty()).await;
    world.assert_clean(&owner).await;
    world.assert_careful();
}

#[tokio::test(start_paused = true)]
async fn a_failed_offboarding_is_retried() {
    let world = World::new();
    let plan = Plan::seeded(1).always("runtime.remove pool/users tenant", Fault::Refuse);
    let _engine = world.engine("worker-1", plan.clone(), config());
    let id = world.register("acme", "premium").await;
    world.ended(&id).await;
    world.begin(&id, Begin::Offboard).await;
    assert_eq!(world.ended(&id).await.status, Status::Failed);
    plan.heal();
    world.begin(&id, Begin::Retry).await;
    assert_eq!(world.assert_settled(&id).await, Status::Deleted);
}

#[tokio::test(start_paused = true)]
async fn nonsense_at_the_doorbell_is_put_aside() {
    use serde_json::json;
    use tenantry_contract::event::Event;
    use tenantry_ports::bus::{Bus, Consumer};
    let world = World::new();
    let _engine = world.calm();
    let event = json!({
        "id": "e1", "source": "sbt.control.plane", "detail-type": "sbt_aws_onboardingRequest",
        "time": "2026-11-22T16:00:00Z", "detail": { "tenantId": "a b" },
    });
    world.db.publish(vec![serde_json::from_value::<Event>(event).unwrap()]).await.unwrap();
    let inbox = world.db.inbox(Consumer::Provisioner);
    world.until("it is put aside", async || !inbox.dead_letters(10).await.unwrap().is_empty()).await;
    assert!(inbox.dead_letters(10).await.unwrap()[0].reason.contains("tenantId"));
    let id = world.register("acme", "basic").await;
    assert_eq!(world.assert_settled(&id).await, Status::Created);
}
