//! What this process commits.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::emulator::Emulator;
use crate::world::{World, keys, named, register};

async fn what_is_committed_is_on_the_bus_and_leaves_the_outbox(emulator: Emulator) {
    let world = World::new(emulator).await;
    let relay = world.relay();
    let before = Instant::now();
    let record = register(&world.tables.database, "acme").await;
    let heard = world.heard(1).await;
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    assert_eq!((heard.len(), heard[0].detail_type.as_str()), (1, "sbt_aws_onboardingRequest"));
    assert_eq!(heard[0].text("tenantId"), Some(record.tenant_id.as_str()));
    world.until_the_outbox_has(0).await;
    relay.stop().await;
}

async fn a_relay_that_is_stopped_has_carried_what_was_committed(emulator: Emulator) {
    let world = World::new(emulator).await;
    let relay = world.relay();
    for n in 0..23 {
        register(&world.tables.database, &format!("t{n}")).await;
    }
    relay.stop().await;
    assert_eq!(world.outbox().await.len(), 0);
    let heard = world.heard(23).await;
    assert_eq!(heard.len(), 23, "each came once");
}

async fn what_others_left_is_carried_when_it_is_not_young(emulator: Emulator) {
    let world = World::new(emulator).await;
    for n in 0..12 {
        register(&world.tables.database, &format!("t{n}")).await;
    }
    let left = named(&world.outbox().await);
    assert_eq!(left.len(), 12);

    world.tables.calls.reset();
    let relay = world.relay();
    // Two searches, and it has not touched them.
    crate::world::until("it does not search", || async { world.tables.calls.of("Query") >= 32 }).await;
    assert_eq!(world.outbox().await.len(), 12);

    tenantry_conformance::subject::Time::pass(&*world.tables.clock, crate::world::YOUNG * 2).await;
    world.until_the_outbox_has(0).await;
    relay.stop().await;
    let heard = world.rest().await;
    assert_eq!(heard.len(), 12, "each came once");
    assert_eq!(keys(&heard), left.iter().map(String::as_str).collect());
}

macro_rules! on_both {
    ($($case:ident),* $(,)?) => { $(
        mod $case {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn ministack() {
                super::$case(Emulator::ministack()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn moto() {
                super::$case(Emulator::moto()).await;
            }
        }
    )* };
}

on_both!(
    what_is_committed_is_on_the_bus_and_leaves_the_outbox,
    a_relay_that_is_stopped_has_carried_what_was_committed,
    what_others_left_is_carried_when_it_is_not_young,
);
