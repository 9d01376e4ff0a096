//! EventBridge takes a part of a call's entries, and says so in an answer that is a success.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::support::emulator::Emulator;
use crate::support::proxy::Proxy;
use crate::support::stand::bus;
use crate::world::{World, register, relay};

const EVENTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_taken_of_a_call_is_put_again_and_nothing_else() {
    let world = World::new(Emulator::ministack()).await;
    let proxy = Proxy::start(&world.emulator.url).await;
    let left = AtomicU32::new(4);
    // Every second entry, in the first calls. The emulator has taken them: so they can be told from the others.
    proxy.edits("PutEvents", move |_, answer| {
        let failing = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let entries = answer["Entries"].as_array_mut().unwrap().iter_mut().skip(1).step_by(2);
        let mut failed = 0;
        for entry in entries.filter(|_| failing) {
            *entry = json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "Unexpected exception occurred." });
            failed += 1;
        }
        answer["FailedEntryCount"] = failed.into();
    });
    for n in 0..EVENTS {
        register(&world.tables.database, &format!("t{n}")).await;
    }
    // They are left in the outbox by somebody who died, and are old by now.
    world.age().await;
    let relay = relay(&world.tables.database, bus(&world.emulator.config_at(&proxy.url).await, &world.stand.names));
    world.until_the_outbox_has(0).await;
    relay.stop().await;

    let mut heard = BTreeMap::new();
    for event in world.rest().await {
        *heard.entry(event.key().to_owned()).or_insert(0_u32) += 1;
    }
    assert_eq!(heard.len(), EVENTS, "{heard:?}");
    let again = heard.values().filter(|times| **times == 2).count();
    let once = heard.values().filter(|times| **times == 1).count();
    assert!(again > 0 && once > 0 && again + once == EVENTS, "{heard:?}");
}
