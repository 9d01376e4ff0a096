use std::path::Path;
use std::sync::Arc;

use tenantry_contract::event::Sources;
use tenantry_contract::time::Timestamp;
use tenantry_ports::keys::{KEY_LIFETIME, Key, KeyStore, StoredAnswer, Taken};
use tokio::task::JoinSet;

use crate::clock::SystemClock;
use crate::database::{Database, Deps};
use crate::ids::SeededIds;

const START: i64 = 1_795_000_000_000;

fn open(dir: &Path, millis: i64) -> Database {
    let clock = Arc::new(SystemClock::at(Timestamp::from_millis(millis)));
    let deps = Deps { ids: Arc::new(SeededIds::new(1, clock.clone())), clock, sources: Sources::default() };
    Database::open(dir, deps).unwrap()
}

fn key(n: usize) -> Key {
    Key { scope: format!("client POST /users key-{n}"), request: [7; 32] }
}

async fn count(database: &Database, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    database.inner.sqlite.read(move |c| c.query_row(&sql, [], |row| row.get(0))).await.unwrap()
}

#[tokio::test]
async fn a_key_is_found_wherever_it_is() {
    const KEYS: usize = 20_000;
    let dir = tempfile::tempdir().unwrap();
    let database = open(dir.path(), START);
    for from in (0..KEYS).step_by(2_000) {
        let mut taking = JoinSet::new();
        for n in from..from + 2_000 {
            let database = database.clone();
            taking.spawn(async move { database.take(&key(n)).await.unwrap() });
        }
        assert!(taking.join_all().await.into_iter().all(|taken| taken == Taken::New));
    }
    database.settle_keys().await.unwrap();
    assert!(
        (1..i64::try_from(KEYS).unwrap()).contains(&count(&database, "keys_settled").await),
        "old ones are in the index, new ones not"
    );
    let answer = StoredAnswer { status: 201, body: b"done".to_vec() };
    for n in [0, KEYS - 1] {
        assert_eq!(database.take(&key(n)).await.unwrap(), Taken::Unanswered);
        database.answer(&key(n), answer.clone()).await.unwrap();
        assert_eq!(database.take(&Key { request: [8; 32], ..key(n) }).await.unwrap(), Taken::Reused);
    }

    database.close().await;
    drop(database);
    let database = open(dir.path(), START);
    for n in [0, KEYS - 1] {
        assert_eq!(database.take(&key(n)).await.unwrap(), Taken::Replayed(answer.clone()));
    }
    assert_eq!(database.take(&key(KEYS)).await.unwrap(), Taken::New);
    database.close().await;
    drop(database);

    let later = START + i64::try_from(KEY_LIFETIME.as_millis()).unwrap() + 1_000_000;
    let database = open(dir.path(), later);
    for n in [0, KEYS - 1] {
        assert_eq!(database.take(&key(n)).await.unwrap(), Taken::New);
    }
    database.purge().await.unwrap();
    assert_eq!(count(&database, "keys").await, 2);
    assert_eq!(count(&database, "keys_settled").await, 0);
    assert_eq!(database.take(&key(0)).await.unwrap(), Taken::Unanswered);
}
