//! What one row holds that nobody can read is nobody else's trouble.

use rusqlite::params;
use tenantry_conformance::make::{new_tenant, present, worker};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::{Listed, Registered, TenantStore};
use tenantry_ports::work::Done;

use super::*;
use crate::database::IdKey;

const LEASE: Duration = Duration::from_secs(10);

async fn registered(database: &Database, name: &str) -> TenantRecord {
    match database.register(new_tenant(name, Placement::DedicatedServices), None).await.unwrap() {
        Registered::New(record) => *record,
        other => panic!("{other:?}"),
    }
}

fn owner(record: &TenantRecord) -> Owner {
    Owner::Tenant(record.tenant_id.clone())
}

/// A newer version may have written what this one takes for nonsense.
async fn spoil(database: &Database, sql: &'static str, of: String) {
    let spoilt = database.inner.sqlite.write(move |c| c.execute(sql, params![b"{\"from\":2031}", of]));
    assert_eq!(spoilt.await.unwrap(), 1);
}

async fn spoil_record(database: &Database, record: &TenantRecord) {
    spoil(database, "UPDATE tenants SET record = ?1 WHERE live_name = ?2", record.name.to_string()).await;
}

async fn due_now(database: &Database, worker_n: usize) -> Vec<Owner> {
    let now = database.inner.clock.now();
    let claims = database.claim(&worker(worker_n), now, now.plus(LEASE), 10).await.unwrap();
    claims.into_iter().map(|claim| claim.hold.owner).collect()
}

#[tokio::test(start_paused = true)]
async fn others_are_claimed_and_it_is_left_alone_for_a_while() {
    let database = Database::in_memory(deps_at(1_795_000_000_000)).unwrap();
    let mut records = Vec::new();
    for name in ["record", "inventory", "healthy"] {
        records.push(registered(&database, name).await);
    }
    let owners: Vec<Owner> = records.iter().map(owner).collect();
    let start = database.inner.clock.now();
    database.ring(&owners, start).await.unwrap();
    let claims = database.claim(&worker(1), start, start.plus(LEASE), 10).await.unwrap();
    for claim in claims {
        let done = Done { entries: vec![present("cluster", "main")], ..Done::default() };
        database.record(&claim.hold, done).await.unwrap();
        database.release(&claim.hold, Some(start)).await.unwrap();
    }
    spoil_record(&database, &records[0]).await;
    let lines = "UPDATE inventory SET entry = ?1 WHERE owner = (SELECT owner FROM work WHERE owner = unhex(?2))";
    spoil(&database, lines, records[1].tenant_id.as_str().replace('-', "")).await;
    // Not even whose it is can be told.
    let nobody = "INSERT INTO work (owner, due, fence) SELECT ?1, due, 0 FROM work WHERE owner = ?2";
    let (sql, id) = (nobody, records[2].tenant_id.clone());
    let added = database.inner.sqlite.write(move |c| c.execute(sql, params![b"three", IdKey(id.as_str())]));
    assert_eq!(added.await.unwrap(), 1);

    assert_eq!(due_now(&database, 2).await, owners[2..]);
    assert_eq!(due_now(&database, 2).await, []);
    let next = database.next_due().await.unwrap().unwrap();
    assert_eq!(next, start.plus(LEASE), "only the healthy one's lease ends that soon");

    // Mended, it is taken up again by itself.
    let healthy = serde_json::to_vec(&records[0]).unwrap();
    let mend = database
        .inner
        .sqlite
        .write(move |c| c.execute("UPDATE tenants SET record = ?1 WHERE live_name = 'record'", [healthy]));
    assert_eq!(mend.await.unwrap(), 1);
    tokio::time::advance(Duration::from_secs(10 * 60)).await;
    assert!(due_now(&database, 3).await.contains(&owners[0]));
}

#[tokio::test(start_paused = true)]
async fn others_are_listed_and_their_deadlines_seen() {
    let database = Database::in_memory(deps_at(1_795_000_000_000)).unwrap();
    let mut records = Vec::new();
    for name in ["one", "two", "three"] {
        records.push(registered(&database, name).await);
        tokio::time::advance(SECOND).await;
    }
    spoil_record(&database, &records[0]).await;
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    let now = database.inner.clock.now();
    let overdue = database.overdue(now, 1).await.unwrap();
    assert_eq!(overdue, [records[1].tenant_id.clone()], "it takes nobody's place");
    assert_eq!(database.overdue(now, 10).await.unwrap().len(), 2);
    let page = database.tenants(PageRequest::first(10)).await.unwrap();
    assert_eq!(page.next, None);
    let [Listed::Unreadable(one), Listed::Tenant(two), Listed::Tenant(three)] = &page.items[..] else {
        panic!("{page:?}")
    };
    assert_eq!((&two.tenant_id, &three.tenant_id), (&records[1].tenant_id, &records[2].tenant_id));
    // Its record says nothing of it, but its row does, and so do its events.
    assert_eq!((one.name.as_deref(), one.tenant_id.as_ref()), (Some("one"), Some(&records[0].tenant_id)));
    assert_eq!(one.registration_id.as_ref(), Some(&records[0].registration_id));
    let raw = database.raw(records[0].registration_id.as_str()).await.unwrap().unwrap();
    assert_eq!((raw.text.as_str(), raw.salvaged), ("{\"from\":2031}", None));
    for id in overdue {
        assert!(database.expire(&id).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn other_events_are_listed() {
    let database = Database::in_memory(deps_at(1_795_000_000_000)).unwrap();
    database.publish(events(3)).await.unwrap();
    database.inner.sqlite.write(|c| c.execute("UPDATE events SET body = x'00' WHERE seq = 2", [])).await.unwrap();
    let page = database.recent(&EventFilter::default(), PageRequest::first(2)).await.unwrap();
    assert_eq!(page.items.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["e2", "e0"]);
    let start = tenantry_ports::page::Position("0".into());
    let followed = database.follow(&start, 10, Duration::ZERO).await.unwrap();
    assert_eq!(followed.iter().map(|(_, e)| e.id.as_str()).collect::<Vec<_>>(), ["e0", "e2"]);
}
