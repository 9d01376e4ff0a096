//! `kill -9` at any moment, at a start too, then the same command: everything acknowledged is there, every operation
//! ends, nothing is made twice, and nothing is left of what has gone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use support::books::{Book, IN_HAND};
use support::client::Client;
use support::eventually;
use support::leftovers::{all_files, files, processes};
use support::system::System;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// 200 tenants at least: many pooled, some dedicated, as three processes each on two cores is what a test can bear.
const TENANTS: usize = 200;
/// More than those, pooled ones, come at this pace for as long as there are kills that want to meet them.
const PACE: Duration = Duration::from_millis(20);
const KILLS: usize = 6;
/// Starts that are killed on their way, after each of those.
const STARTS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(240);

fn tier(n: usize) -> &'static str {
    match n % 20 {
        _ if n >= TENANTS => "basic",
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
        Duration::from_millis(5 + self.random() % 600)
    }

    /// In the middle of a start.
    fn at_start(&mut self) -> Duration {
        Duration::from_millis(self.random() % 150)
    }

    fn random(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Registers all of them, and more until it is told that it is enough, whatever happens to the system meanwhile: a
/// request without an answer is sent again under its key until there is one.
async fn register_all(newest: watch::Receiver<Arc<Client>>, enough: CancellationToken) -> Vec<(String, String)> {
    let mut registered = Vec::new();
    for n in 0.. {
        if n >= TENANTS {
            tokio::select! { () = enough.cancelled() => break, () = tokio::time::sleep(PACE) => {} }
        }
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

/// Kills a system that has work in hand; how many tenants' steps were under way when it died.
async fn kill_at_work(system: System, moment: Duration) -> i64 {
    tokio::time::sleep(moment).await;
    let data = system.data.clone();
    let book = Book::open(&data, "tenantry.db");
    eventually("work in hand", PATIENCE, || async { (book.count(IN_HAND) > 0).then_some(()) }).await;
    system.kill();
    // Nobody writes any more: this is what the next start finds.
    book.count(IN_HAND)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_tenants_survive_kill_nine() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let mut moments = Moments::new();
    let (mut in_the_middle, mut unready) = (0, 0);
    // One that has had no time at all, on however fast a machine.
    for moment in [Duration::ZERO, moments.at_start()] {
        unready += usize::from(System::killed_at_start(&data, moment));
    }
    let mut system = System::start(&data, &[]);
    let at_first = untouched(&data).await;
    let newest = watch::Sender::new(Arc::new(Client::machine(&system).await));
    let enough = CancellationToken::new();
    let registering = tokio::spawn(register_all(newest.subscribe(), enough.clone()));
    for _ in 0..KILLS {
        in_the_middle += usize::from(kill_at_work(system, moments.next()).await > 0);
        for _ in 0..STARTS {
            unready += usize::from(System::killed_at_start(&data, moments.at_start()));
        }
        system = System::start(&data, &[]);
        newest.send_replace(Arc::new(Client::machine(&system).await));
    }
    enough.cancel();
    println!("{in_the_middle} of {KILLS} kills hit work in hand, and {unready} starts were not ready");
    assert!(in_the_middle * 2 >= KILLS, "{in_the_middle} of {KILLS} kills hit work in hand");
    assert!(unready > 0, "no start was killed before it was ready");
    let client = Arc::clone(&newest.borrow());
    let registered = registering.await.unwrap();

    for (registration, _) in &registered {
        client.until(registration, "Created", PATIENCE).await;
    }
    let names = all_tenants(&client).await;
    assert_eq!(names.len(), registered.len(), "each is there once");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), registered.len());
    nothing_twice(&data, &registered).await;

    for (registration, _) in &registered[..TENANTS / 2] {
        client.offboard(registration).await;
    }
    assert!(kill_at_work(system, moments.next() / 4).await > 0, "removals were under way");
    finish(System::start(&data, &[]), registered, at_first).await;
}

/// The files of a system that has no tenant yet, once the stage is whole.
async fn untouched(data: &Path) -> BTreeSet<std::path::PathBuf> {
    let book = Book::open(data, "tenantry.db");
    let at_rest =
        "SELECT count(*) FROM work WHERE owner = 0 AND held_until IS NULL AND due > unixepoch() * 1000 + 60000";
    eventually("the stage to be whole", PATIENCE, || async { (book.count(at_rest) == 1).then_some(()) }).await;
    settled_files(data)
}

/// What is noted of processes, their logs and mail that was sent come and go on their own.
fn settled_files(data: &Path) -> BTreeSet<std::path::PathBuf> {
    all_files(data)
        .into_iter()
        .filter(|path| !["run", "logs", "mail"].iter().any(|dir| path.starts_with(dir)))
        .collect()
}

/// By the inventory, the pools and users, the processes, the tables' files and the mails.
async fn nothing_twice(data: &Path, registered: &[(String, String)]) {
    let dedicated: BTreeSet<&str> =
        (0..TENANTS).filter(|n| tier(*n) != "basic").map(|n| registered[n].1.as_str()).collect();
    let store = Book::open(data, "tenantry.db");
    assert_eq!(store.count("SELECT count(DISTINCT owner) FROM inventory WHERE owner <> 0"), count(registered.len()));
    let unfinished = "SELECT count(*) FROM inventory WHERE entry NOT LIKE '%\"present\"%'";
    eventually("all to be present", PATIENCE, || async { (store.count(unfinished) == 0).then_some(()) }).await;

    let identity = Book::open(data, "identity.db");
    assert_eq!(identity.count("SELECT count(*) FROM pool"), count(dedicated.len()) + OF_THE_STAGE);
    assert_eq!(identity.count("SELECT count(*) FROM user WHERE tenant <> ''"), count(registered.len()));
    assert_eq!(identity.count("SELECT count(DISTINCT tenant) FROM user WHERE tenant <> ''"), count(registered.len()));
    for once in [
        "SELECT count(*) FROM (SELECT 1 FROM client GROUP BY pool, kind HAVING count(*) > 1)",
        "SELECT count(*) FROM (SELECT 1 FROM signing_key WHERE retired IS NULL GROUP BY pool HAVING count(*) > 1)",
    ] {
        assert_eq!(identity.count(once), 0, "{once}");
    }
    // The first admin's password is in the credentials.
    let subs = identity.texts("SELECT sub || '.eml' FROM user WHERE tenant <> ''").into_iter().collect();
    let mailed = || mails(data).is_superset(&subs);
    eventually("each user's mail", PATIENCE / 4, || async { mailed().then_some(()) }).await;
    assert_eq!(mails(data), subs, "and none besides");

    let folders: BTreeSet<String> = std::fs::read_dir(data.join("data/tenants")).unwrap().map(name).collect();
    assert_eq!(folders.iter().map(String::as_str).collect::<BTreeSet<_>>(), dedicated);
    for tenant in dedicated {
        let supervised = || processes(tenant).into_iter().filter(|p| p.contains(" supervise ")).count();
        eventually("one process for each service", PATIENCE, || async { (supervised() == SERVICES).then_some(()) })
            .await;
    }
}

/// The admins' pool and the pooled tenants'.
const OF_THE_STAGE: i64 = 2;
/// Of the catalogue, each once for a tenant that has its own.
const SERVICES: usize = 3;

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap()
}

fn name(entry: std::io::Result<std::fs::DirEntry>) -> String {
    entry.unwrap().file_name().to_string_lossy().into_owned()
}

fn mails(data: &Path) -> BTreeSet<String> {
    std::fs::read_dir(data.join("mail")).unwrap().map(name).collect()
}

/// The second half of the offboarding, after one more kill.
async fn finish(system: System, registered: Vec<(String, String)>, at_first: BTreeSet<std::path::PathBuf>) {
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
    let data = system.data.clone();
    let (status, _) = system.terminate();
    assert!(status.success(), "{status}");
    assert_eq!(processes(&data.to_string_lossy()), Vec::<String>::new());
    assert_eq!(settled_files(&data), at_first);
    assert_eq!(mails(&data), BTreeSet::new());
    assert_eq!(Book::open(&data, "tenantry.db").count("SELECT count(*) FROM inventory WHERE owner <> 0"), 0);
    let identity = Book::open(&data, "identity.db");
    assert_eq!(identity.count("SELECT count(*) FROM pool"), OF_THE_STAGE);
    for of_tenants in [
        "SELECT count(*) FROM user WHERE tenant <> ''",
        "SELECT count(*) FROM client WHERE pool NOT IN (SELECT id FROM pool)",
        "SELECT count(*) FROM signing_key WHERE pool NOT IN (SELECT id FROM pool)",
        "SELECT count(*) FROM ticket WHERE sub <> '' AND sub NOT IN (SELECT sub FROM user)",
        "SELECT count(*) FROM unmailed WHERE sub NOT IN (SELECT sub FROM user)",
    ] {
        assert_eq!(identity.count(of_tenants), 0, "{of_tenants}");
    }
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
