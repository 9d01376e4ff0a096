//! `kill -9` at any moment, then the same command: everything acknowledged is there, and every operation ends.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use support::client::Client;
use support::eventually;
use support::leftovers::{files, processes};
use support::system::System;
use tokio::sync::watch;

/// 200 tenants: many pooled, some dedicated, as three processes each on two cores is what a test can bear.
const TENANTS: usize = 200;
const KILLS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(240);

fn tier(n: usize) -> &'static str {
    match n % 20 {
        7 => "advanced",
        13 => "premium",
        _ => "basic",
    }
}

/// Moments nobody chose, and that a failure names.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let seed = RandomState::new().hash_one(0) | 1;
        println!("the moments of the kills come from the seed {seed}");
        Self(seed)
    }

    /// From a few milliseconds, in the middle of a registration, to the middle of starting services.
    fn next(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(5 + self.0 % 900)
    }
}

/// Registers all of them, whatever happens to the system meanwhile: a request without an answer is sent again under
/// its key until there is one.
async fn register_all(newest: watch::Receiver<Arc<Client>>) -> Vec<(String, String)> {
    let mut registered = Vec::new();
    for n in 0..TENANTS {
        let name = format!("tenant-{n}");
        let one = eventually("an answer to a registration", PATIENCE, || {
            let client = Arc::clone(&newest.borrow());
            let name = &name;
            async move { client.try_register(name, tier(n)).await }
        })
        .await;
        registered.push(one);
    }
    registered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_tenants_survive_kill_nine() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let mut moments = Moments::new();
    let mut system = System::start(&data, &[]);
    let newest = watch::Sender::new(Arc::new(Client::machine(&system).await));
    let registering = tokio::spawn(register_all(newest.subscribe()));
    for _ in 0..KILLS {
        tokio::time::sleep(moments.next()).await;
        system.kill();
        system = System::start(&data, &[]);
        newest.send_replace(Arc::new(Client::machine(&system).await));
    }
    let client = Arc::clone(&newest.borrow());
    let registered = registering.await.unwrap();

    for (registration, _) in &registered {
        client.until(registration, "Created", PATIENCE).await;
    }
    let names = all_tenants(&client).await;
    assert_eq!(names.len(), TENANTS, "each is there once");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), TENANTS);

    for (registration, _) in &registered[..TENANTS / 2] {
        client.offboard(registration).await;
    }
    tokio::time::sleep(moments.next()).await;
    system.kill();
    finish(System::start(&data, &[]), registered).await;
}

/// The second half of the offboarding, after one more kill.
async fn finish(system: System, registered: Vec<(String, String)>) {
    let client = Client::machine(&system).await;
    for (registration, _) in &registered {
        client.offboard(registration).await;
    }
    for (registration, _) in &registered {
        client.until(registration, "Deleted", PATIENCE).await;
    }
    for (_, tenant) in &registered {
        eventually("its processes to end", PATIENCE, || async { processes(tenant).is_empty().then_some(()) }).await;
        assert_eq!(files(&system.data, tenant), Vec::<std::path::PathBuf>::new());
    }
    let data = system.data.to_string_lossy().into_owned();
    let (status, _) = system.terminate();
    assert!(status.success(), "{status}");
    assert_eq!(processes(&data), Vec::<String>::new());
    assert_eq!(of_tenants(&data, "tenantry.db", "SELECT count(*) FROM inventory WHERE owner <> 0"), 0);
    assert_eq!(of_tenants(&data, "identity.db", "SELECT count(*) FROM user WHERE tenant <> ''"), 0);
}

async fn all_tenants(client: &Client) -> Vec<String> {
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let page = client.admin(Method::GET, &format!("/tenants?limit=100&next_token={token}"), None).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let items = page.body["data"].as_array().unwrap();
        names.extend(items.iter().map(|t| t["tenantName"].as_str().unwrap().to_owned()));
        match page.body["next_token"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => return names,
        }
    }
}

/// What the files say of tenants, once nobody has them open.
fn of_tenants(data: &str, file: &str, count: &str) -> i64 {
    let file = rusqlite::Connection::open(std::path::Path::new(data).join(file)).unwrap();
    file.query_row(count, [], |row| row.get(0)).unwrap()
}
