//! A store that answers late, or not at all, while steps are under way: no step goes on past its claim.

use std::time::Duration;

use tenantry_conformance::fault::{Fault, Plan};
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;

use crate::world::{World, config};

const MAKING: &str = "runtime.ensure pool/users tenant";

/// A step takes its time, so that the claim has to be renewed under it; what the store says then comes too late.
async fn renewed(fault: Fault) {
    let world = World::new();
    let calm = world.calm();
    world.until("the stage is whole", async || world.cloud.of(&Owner::Stage).len() == 7).await;
    calm.stop().await;
    let plan =
        Plan::seeded(1).nth(MAKING, 0, Fault::Delay(Duration::from_millis(4_900))).nth("work.renew tenant", 0, fault);
    let slow = world.engine("worker-slow", plan.clone(), config());
    let id = world.register("acme", "premium").await;
    world.until("the claim is renewed", async || plan.calls().iter().any(|c| c.starts_with("work.renew tenant"))).await;
    // Others work on it as soon as they may.
    let other = world.engine("worker-other", Plan::seeded(2), config());
    assert_eq!(world.assert_settled(&id).await, Status::Created, "{fault:?}");
    world.assert_made_once();
    assert!(plan.unfired().is_empty(), "{:?}", plan.unfired());
    // A pass whose store never answered has ended all the same: the engine can stop.
    tokio::time::timeout(config().lease * 2, slow.stop()).await.expect("it stops");
    other.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_claims_end_is_no_answer() {
    renewed(Fault::Delay(Duration::from_secs(60))).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_ends_the_pass() {
    renewed(Fault::SuspendBefore).await;
    renewed(Fault::SuspendAfter).await;
}
