mod redelivery;
mod retention;
mod unreadable;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, json};
use tenantry_contract::event::{Event, EventName};
use tenantry_contract::id::{TenantId, WorkerId};
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::{Bus, Consumer};
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::usage::{Counted, Usage};
use tenantry_ports::work::{Held, WorkStore};

use super::*;
use crate::clock::SystemClock;
use crate::ids::SeededIds;

const SECOND: Duration = Duration::from_secs(1);
const HIDE: Duration = Duration::from_secs(600);

fn deps_at(millis: i64) -> Deps {
    let clock = Arc::new(SystemClock::at(Timestamp::from_millis(millis)));
    Deps { ids: Arc::new(SeededIds::new(1, clock.clone())), clock, sources: Sources::default() }
}

fn open(dir: &Path) -> Database {
    Database::open(dir, deps_at(1_795_000_000_000)).unwrap()
}

fn event(id: &str, time: Timestamp) -> Event {
    let detail = json!({ "tenantRegistrationId": "r1", "tenantId": "t1", "eventId": id });
    Event {
        version: "0".into(),
        id: id.into(),
        source: "sbt.application.plane".into(),
        detail_type: EventName::ProvisionSuccess.detail_type().into(),
        account: String::new(),
        time,
        region: String::new(),
        resources: Vec::new(),
        detail: detail.as_object().cloned().unwrap_or_else(Map::new),
    }
}

fn events(n: usize) -> Vec<Event> {
    (0..n).map(|n| event(&format!("e{n}"), Timestamp::from_millis(1_795_000_000_000))).collect()
}

async fn reopened(database: Database, dir: &Path) -> Database {
    database.close().await;
    drop(database);
    open(dir)
}

#[tokio::test]
async fn a_queue_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(dir.path());
    database.publish(events(6)).await.unwrap();
    let inbox = database.inbox(Consumer::ControlPlane);
    let mut got = inbox.receive(5, SECOND, HIDE).await.unwrap();
    // 0 and 2 are done with, 1 has failed twice, 3 and 4 are out, 5 was never received.
    inbox.ack(vec![got.remove(2).receipt, got.remove(0).receipt]).await.unwrap();
    inbox.retry_after(got.remove(0).receipt, Duration::ZERO).await.unwrap();
    let again = inbox.receive(1, SECOND, HIDE).await.unwrap().remove(0);
    assert_eq!(again.receives, 2);
    inbox.retry_after(again.receipt, Duration::ZERO).await.unwrap();
    drop(inbox);

    let database = reopened(database, dir.path()).await;
    let inbox = database.inbox(Consumer::ControlPlane);
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let got = inbox.receive(10, SECOND, HIDE).await.unwrap();
        assert!(!got.is_empty(), "only {heard:?} came");
        let noted = got.iter().map(|d| (Event::parse(&d.body).unwrap().id, d.receives));
        heard.extend(noted);
        inbox.ack(got.into_iter().map(|d| d.receipt).collect()).await.unwrap();
    }
    heard.sort();
    let expected = [("e1", 3), ("e3", 1), ("e4", 1), ("e5", 1)].map(|(id, n)| (id.to_owned(), n));
    assert_eq!(heard, expected);
    drop(inbox);

    let database = reopened(database, dir.path()).await;
    let inbox = database.inbox(Consumer::ControlPlane);
    assert_eq!(inbox.receive(10, Duration::ZERO, HIDE).await.unwrap(), []);
    let left: i64 = database
        .inner
        .sqlite
        .read(|c| {
            c.query_row("SELECT (SELECT count(*) FROM acked) + (SELECT count(*) FROM redeliveries)", [], |r| r.get(0))
        })
        .await
        .unwrap();
    assert_eq!(left, 0, "a queue that is done with leaves only its mark");
}

#[tokio::test]
async fn claims_of_an_earlier_process_are_over() {
    let dir = tempfile::tempdir().unwrap();
    let owners = [Owner::Stage, Owner::Tenant(TenantId::parse("t1").unwrap())];
    let (earlier, later) = (Timestamp::from_millis(1_795_000_000_000), Timestamp::from_millis(1_795_000_600_000));
    let worker = |n: u8| WorkerId::parse(format!("worker-{n}")).unwrap();
    let lease = Duration::from_secs(10);

    let database = Database::open(dir.path(), deps_at(later.millis())).unwrap();
    database.ring(&owners[..1], later).await.unwrap();
    let held = database.claim(&worker(1), later, later.plus(lease), 10).await.unwrap().remove(0);
    database.ring(&owners[1..], later.plus(lease)).await.unwrap();
    // The clock has been set back meanwhile.
    database.close().await;
    drop(database);
    let database = Database::open(dir.path(), deps_at(earlier.millis())).unwrap();
    let again = database.claim(&worker(2), earlier, earlier.plus(lease), 10).await.unwrap();
    let claimed: BTreeSet<&Owner> = again.iter().map(|claim| &claim.hold.owner).collect();
    assert_eq!(claimed, owners.iter().collect());
    assert!(again.iter().any(|claim| claim.hold.owner == Owner::Stage && claim.hold.fence > held.hold.fence));
    assert_eq!(database.renew(&held.hold, later.plus(lease)).await.unwrap(), Held::Lost);
}

#[tokio::test(start_paused = true)]
async fn the_broom_takes_what_is_old_and_done_with() {
    let database = Database::in_memory(deps_at(0)).unwrap();
    let old = Timestamp::from_millis(0);
    database.publish((0..700).map(|n| event(&format!("e{n}"), old)).collect()).await.unwrap();
    tokio::time::advance(Duration::from_secs(8 * 24 * 60 * 60)).await;
    assert_eq!(database.purge().await.unwrap(), 0, "nobody has taken them yet");
    for consumer in Consumer::ALL {
        let inbox = database.inbox(consumer);
        loop {
            let got = inbox.receive(100, Duration::ZERO, HIDE).await.unwrap();
            if got.is_empty() {
                break;
            }
            inbox.ack(got.into_iter().map(|d| d.receipt).collect()).await.unwrap();
        }
    }
    let end = database.end().await.unwrap();
    assert_eq!(database.purge().await.unwrap(), 699, "the newest stays, to count on from");
    let kept = database.recent(&EventFilter::default(), PageRequest::first(10)).await.unwrap();
    assert_eq!(kept.items.len(), 1);
    database.publish(vec![event("next", old)]).await.unwrap();
    let followed = database.follow(&end, 10, Duration::ZERO).await.unwrap();
    assert_eq!(followed.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_kept_for_a_fortnight() {
    let database = Database::in_memory(deps_at(0)).unwrap();
    let inbox = database.inbox(Consumer::ControlPlane);
    for id in ["old", "new"] {
        database.publish(vec![event(id, Timestamp::from_millis(0))]).await.unwrap();
        let got = inbox.receive(1, SECOND, HIDE).await.unwrap().remove(0);
        inbox.reject(got.receipt, id).await.unwrap();
        tokio::time::advance(Duration::from_secs(10 * 24 * 60 * 60)).await;
        database.purge().await.unwrap();
    }
    let kept: Vec<_> = inbox.dead_letters(10).await.unwrap().into_iter().map(|letter| letter.reason).collect();
    assert_eq!(kept, ["new"]);
}

#[tokio::test]
async fn usage_is_counted_on_after_a_restart_and_over_midnight() {
    let dir = tempfile::tempdir().unwrap();
    let (tenant, other) = (TenantId::parse("t1").unwrap(), TenantId::parse("t2").unwrap());
    let (today, tomorrow) = ("2026-11-22", "2026-11-23");
    let database = open(dir.path());
    for used in 1..=3 {
        assert_eq!(database.take(&tenant, today, 5).await.unwrap(), Counted::Within { used });
    }
    database.take(&other, today, 5).await.unwrap();

    // A place that a crash of the machine left half-written takes nothing with it.
    database.close().await;
    drop(database);
    let mut slots = std::fs::read(dir.path().join("usage.slots")).unwrap();
    slots.extend([0; 40]);
    std::fs::write(dir.path().join("usage.slots"), slots).unwrap();
    let database = open(dir.path());
    database.take(&TenantId::parse("t3").unwrap(), today, 5).await.unwrap();
    assert_eq!(database.take(&tenant, today, 4).await.unwrap(), Counted::Within { used: 4 });
    assert_eq!(database.take(&tenant, today, 4).await.unwrap(), Counted::Over);
    assert_eq!(database.take(&tenant, tomorrow, 4).await.unwrap(), Counted::Within { used: 1 });
    // One that began before midnight and is counted after.
    assert_eq!(database.take(&tenant, today, 5).await.unwrap(), Counted::Within { used: 5 });
    assert_eq!(database.take(&tenant, today, 5).await.unwrap(), Counted::Over);

    let database = reopened(database, dir.path()).await;
    assert_eq!(database.used(&tenant, today).await.unwrap(), 5);
    assert_eq!(database.used(&tenant, tomorrow).await.unwrap(), 1);
    assert_eq!(database.used(&other, today).await.unwrap(), 1);
    assert_eq!(database.used(&other, tomorrow).await.unwrap(), 0);
    assert_eq!(database.used(&TenantId::parse("t3").unwrap(), today).await.unwrap(), 1);
    assert!(database.used(&other, "tomorrow").await.is_err());
}

#[tokio::test]
async fn counting_at_once_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(dir.path());
    let tenant = TenantId::parse("t1").unwrap();
    let tasks = (0..8).map(|_| {
        let (database, tenant) = (database.clone(), tenant.clone());
        tokio::spawn(async move {
            let mut within = 0;
            for _ in 0..50 {
                within += u64::from(database.take(&tenant, "2026-11-22", 300).await.unwrap() != Counted::Over);
            }
            within
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut within = 0;
    for task in tasks {
        within += task.await.unwrap();
    }
    assert_eq!((within, database.used(&tenant, "2026-11-22").await.unwrap()), (300, 300));
}

#[tokio::test]
async fn it_names_the_tenants_whose_offboarding_begins() {
    let database = Database::in_memory(deps_at(1_795_000_000_000)).unwrap();
    let mut closing = database.closing();
    let at = Timestamp::from_millis(1_795_000_000_000);
    let mut begins = event("e2", at);
    begins.detail_type = EventName::OffboardingRequest.detail_type().into();
    database.publish(vec![event("e1", at), begins]).await.unwrap();
    assert_eq!(closing.try_recv().unwrap().as_str(), "t1");
    assert!(closing.try_recv().is_err());
}
