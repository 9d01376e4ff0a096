//! What a relay that died left, and what the bus never takes.

use std::time::Duration;

use serde_json::json;
use tenantry_aws::table::{Key, Pointer, Read as _};
use tenantry_conformance::make::foreign_event;
use tenantry_conformance::subject::Time as _;
use tenantry_contract::event::EventName;

use crate::support::emulator::Emulator;
use crate::support::proxy::{Fault, Proxy};
use crate::world::{World, YOUNG, keys, named, register, relay};

/// Put, and not deleted: the next one puts it again, and who gets both can tell that they are one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_dies_between_put_and_delete_leaves_an_event_that_comes_twice() {
    let world = World::new(Emulator::ministack()).await;
    let proxy = Proxy::start(&world.emulator.url).await;
    proxy.next("BatchWriteItem", [Fault::CutBefore; 100]);
    let dying = world.other(&proxy.url).await;
    let first = relay(&dying.database, world.stand.bus.clone());
    for n in 0..3 {
        register(&dying.database, &format!("t{n}")).await;
    }
    let heard = world.heard(3).await;
    first.die().await;
    let left = named(&world.outbox().await);
    assert_eq!(left, keys(&heard).into_iter().map(str::to_owned).collect());

    world.tables.clock.pass(YOUNG * 2).await;
    let second = world.relay();
    world.until_the_outbox_has(0).await;
    second.stop().await;
    let again = world.rest().await;
    assert_eq!((again.len(), keys(&again)), (3, keys(&heard)));
    assert!(again.iter().all(|event| event.text("eventId").is_some_and(|id| left.contains(id))));
    assert!(again.iter().all(|event| heard.iter().all(|first| first.id != event.id)), "EventBridge's ids differ");
}

/// Neither what is too large, nor what EventBridge refuses, nor what is no event, is in another's way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_cannot_go_stays_and_blocks_nobody() {
    let world = World::new(Emulator::ministack()).await;
    let database = &world.tables.database;
    let publish = async |event| {
        let mut intent = database.intent();
        intent.publish(&event, None).unwrap();
        intent.commit().await.unwrap();
    };
    let large = foreign_event(EventName::OnboardingRequest, "large", &json!({ "x": "x".repeat(262_144) }));
    let mut forbidden = foreign_event(EventName::OnboardingRequest, "forbidden", &json!({}));
    forbidden.source = "aws.ec2".into();
    // Committed with no relay beside it, found; and committed beside a relay, from memory.
    for started in [false, true] {
        let relay = started.then(|| world.relay());
        publish(large.clone()).await;
        publish(forbidden.clone()).await;
        let broken = format!("000000000000001#broken{started}");
        let mut intent = database.intent();
        intent.put(Key::of("outbox#03", &broken), []);
        intent.put(Key::of("events#03", &broken), []);
        intent.commit().await.unwrap();
        let good = register(database, &format!("good{started}")).await;
        world.tables.clock.pass(YOUNG * 2).await;
        let relay = relay.unwrap_or_else(|| world.relay());
        let heard = world.heard(1).await;
        assert_eq!((heard.len(), heard[0].text("tenantId")), (1, Some(good.tenant_id.as_str())));
        crate::world::until("the good one is still there", || async {
            !named(&world.outbox().await).contains(heard[0].key())
        })
        .await;
        relay.stop().await;
    }
    let left = named(&world.outbox().await);
    assert_eq!(left, ["large", "forbidden", "brokenfalse", "brokentrue"].map(str::to_owned).into());
    assert_eq!(world.rest().await, []);
}

/// What the bus does not take for days stays in the log for as long as a relay tries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_waits_for_days_is_not_forgotten() {
    let world = World::new(Emulator::ministack()).await;
    let database = &world.tables.database;
    let large = foreign_event(EventName::OnboardingRequest, "large", &json!({ "x": "x".repeat(262_144) }));
    let mut intent = database.intent();
    intent.publish(&large, None).unwrap();
    intent.commit().await.unwrap();
    let row = Pointer::read(&world.outbox().await[0]).unwrap();
    let kept_until = async || {
        let event = database.get(&row.event()).await.unwrap().expect("the event is still there");
        event.number::<i64>("expiresAt").unwrap()
    };
    let before = kept_until().await;
    world.tables.clock.pass(Duration::from_secs(5 * 24 * 60 * 60)).await;
    let relay = world.relay();
    crate::world::until("it is not kept on", || async { kept_until().await > before }).await;
    relay.stop().await;
    assert_eq!(kept_until().await - before, 5 * 24 * 60 * 60);
}
