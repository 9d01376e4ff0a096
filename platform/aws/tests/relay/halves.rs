//! EventBridge takes a part of a call's entries, and says so in an answer that is a success.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::proxy::Proxy;
use crate::support::stand::bus;
use crate::world::{World, register, relay};

const EVENTS: usize = 20;
/// So many calls are taken in part.
const CALLS: u32 = 4;

/// How often each event was said not to be taken.
#[derive(Default)]
struct Refused {
    calls: u32,
    events: BTreeMap<String, u32>,
}

fn event_id(entry: &Value) -> String {
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    detail["eventId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_taken_of_a_call_is_put_again_and_nothing_else() {
    let world = World::new(Emulator::ministack()).await;
    let proxy = Proxy::start(&world.emulator.url).await;
    let refused = Arc::new(Mutex::new(Refused::default()));
    let noted = refused.clone();
    // Every second entry, in the first calls. The emulator has taken it: so it can be told when it is put again.
    proxy.edits("PutEvents", move |asked, answer| {
        let mut refused = noted.lock().unwrap();
        refused.calls += 1;
        if refused.calls > CALLS {
            return;
        }
        let (asked, answered) = (asked["Entries"].as_array().unwrap(), answer["Entries"].as_array_mut().unwrap());
        let mut failed = 0;
        for (entry, told) in asked.iter().zip(answered).skip(1).step_by(2) {
            *told = json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "Unexpected exception occurred." });
            *refused.events.entry(event_id(entry)).or_default() += 1;
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
    let refused = &refused.lock().unwrap().events;
    assert!(refused.len() >= EVENTS / 4, "{refused:?}");
    assert_eq!(heard.len(), EVENTS, "{heard:?}");
    for (event, times) in &heard {
        assert_eq!(*times, 1 + refused.get(event).copied().unwrap_or_default(), "{event}: {heard:?} {refused:?}");
    }
}
