//! What registrations and their events cost in calls.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use futures::StreamExt;
use futures::stream;
use tenantry_aws::relay::Relay;
use tokio_util::sync::CancellationToken;

use crate::support::emulator::Emulator;
use crate::support::proxy::Proxy;
use crate::support::stand::bus;
use crate::world::{World, register, until};

const REGISTRATIONS: u32 = 10_000;
const AT_ONCE: usize = 64;
/// Of a call, for a registration.
const SHARE: f64 = 0.12;

/// At the pace that roles go at. Every try is counted, as AWS counts and charges it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_is_one_transaction_and_its_event_shares_calls_with_others() {
    let world = World::new(Emulator::ministack()).await;
    let proxy = Proxy::start(&world.emulator.url).await;
    let counted = bus(&world.emulator.config_at(&proxy.url).await, &world.stand.names);
    let stop = CancellationToken::new();
    let relay = tokio::spawn(Relay::new(world.tables.database.clone(), counted).run(stop.clone()));

    let database = &world.tables.database;
    stream::iter(0..REGISTRATIONS)
        .for_each_concurrent(AT_ONCE, |n| async move {
            register(database, &format!("t{n}")).await;
        })
        .await;
    stop.cancel();
    relay.await.unwrap();

    let mut calls = world.tables.calls.all();
    // The relay looks every quarter of a minute for what others left.
    calls.remove("Query");
    let deletes = calls.remove("BatchWriteItem").unwrap();
    assert_eq!(calls, BTreeMap::from([("TransactWriteItems".to_owned(), u64::from(REGISTRATIONS))]));
    let puts = proxy.calls("PutEvents");
    let most = f64::from(REGISTRATIONS) * SHARE;
    assert!(u32::try_from(puts).is_ok_and(|puts| f64::from(puts) <= most), "{puts} PutEvents");
    assert!(u32::try_from(deletes).is_ok_and(|deletes| f64::from(deletes) <= most), "{deletes} BatchWriteItem");

    assert!(world.outbox().await.is_empty());
    until("not each event is in the queue, once", || async { waiting(&world).await == REGISTRATIONS }).await;
}

async fn waiting(world: &World) -> u32 {
    let url = world.stand.url(&world.stand.names.provisioner).await;
    let number = QueueAttributeName::ApproximateNumberOfMessages;
    let asked = world.stand.sqs().get_queue_attributes().queue_url(url).attribute_names(number.clone());
    asked.send().await.unwrap().attributes.unwrap()[&number].parse().unwrap()
}
