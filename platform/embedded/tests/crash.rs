//! What was acknowledged is there after `kill -9`: a child process writes and says so, and is killed at it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are one")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{EventName, Sources};
use tenantry_contract::id::TenantId;
use tenantry_contract::lifecycle::NewTenant;
use tenantry_contract::name::{Email, TenantName};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::RandomIds;
use tenantry_ports::bus::{Bus, Consumer};
use tenantry_ports::store::{Registered, TenantStore};
use tenantry_ports::usage::{Counted, Usage};

/// The child works only in a folder that holds this file, so that nobody starts it by accident.
const INVITATION: &str = "crash-test";
const DAY: &str = "2026-11-22";
/// How many messages the child takes, and acknowledges, at a time.
const BATCH: usize = 3;

fn open(dir: &Path) -> Database {
    let clock = Arc::new(SystemClock::new());
    let deps = Deps { ids: Arc::new(RandomIds::new(clock.clone())), clock, sources: Sources::default() };
    Database::open(dir, deps).unwrap()
}

fn tenant(name: &str) -> NewTenant {
    NewTenant {
        name: TenantName::parse(name).unwrap(),
        email: Email::parse(format!("{name}@example.com")).unwrap(),
        tier: "basic".into(),
        placement: Placement::Pooled,
        budget: Placement::Pooled.default_budget(),
        tenant: tenantry_contract::attributes::Attributes::default(),
        registration: tenantry_contract::attributes::Attributes::default(),
        traceparent: None,
    }
}

fn meter() -> TenantId {
    TenantId::parse("meter").unwrap()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

/// Registers, acknowledges and counts until it is killed, and says what it was told.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the other half of the test below, which starts it"]
async fn child() {
    if !Path::new(INVITATION).exists() {
        return;
    }
    let database = open(Path::new("data"));
    let inbox = database.inbox(Consumer::Provisioner);
    let writers = (0..8).map(|w| {
        let database = database.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let Registered::New(record) = database.register(tenant(&format!("t{w}-{n}")), None).await.unwrap()
                else {
                    panic!("the name was free")
                };
                say(&format!("registered {}", record.tenant_id));
            }
        })
    });
    let _writers: Vec<_> = writers.collect();
    loop {
        let got = inbox.receive(BATCH, Duration::from_secs(5), Duration::from_secs(60)).await.unwrap();
        let bodies: Vec<_> = got.iter().map(|d| String::from_utf8(d.body.clone()).unwrap()).collect();
        inbox.ack(got.into_iter().map(|d| d.receipt).collect()).await.unwrap();
        for body in bodies {
            say(&format!("acked {body}"));
        }
        let Counted::Within { used } = database.take(&meter(), DAY, u64::MAX).await.unwrap() else {
            panic!("the limit is far")
        };
        say(&format!("used {used}"));
    }
}

fn start(dir: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "child", "--nocapture"]).current_dir(dir);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(INVITATION), "").unwrap();
    let mut child = start(dir.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said: Vec<String> = lines.by_ref().take(2_000).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said between the last line read and its end counts, too; the last one may be cut off.
    said.extend(lines.map_while(Result::ok));
    said.pop();

    let database = open(&dir.path().join("data"));
    let of = |word: &str| -> Vec<String> {
        said.iter().filter_map(|line| Some(line.strip_prefix(word)?.trim().to_owned())).collect()
    };
    let registered = of("registered ");
    assert!(registered.len() > 100, "{}", registered.len());
    for id in &registered {
        let id = TenantId::parse(id.as_str()).unwrap();
        assert!(database.tenant(&id).await.unwrap().is_some(), "{id} is lost");
    }

    let acked: std::collections::BTreeSet<String> = of("acked ").into_iter().collect();
    assert!(!acked.is_empty());
    let inbox = database.inbox(Consumer::Provisioner);
    let mut events = acked.clone();
    loop {
        let got = inbox.receive(500, Duration::ZERO, Duration::from_secs(60)).await.unwrap();
        if got.is_empty() {
            break;
        }
        for delivery in got {
            let body = String::from_utf8(delivery.body).unwrap();
            assert!(body.contains(EventName::OnboardingRequest.detail_type()));
            assert!(!acked.contains(&body), "an acknowledged message came again");
            events.insert(body);
        }
    }
    // A batch may have been acknowledged and not yet spoken of, beside the line that was cut off.
    let unheard = registered.iter().filter(|id| !events.iter().any(|body| body.contains(id.as_str()))).count();
    assert!(unheard <= BATCH + 1, "{unheard} of {} registrations have no event", registered.len());

    let used = of("used ").last().map_or(0, |n| n.parse::<u64>().unwrap());
    let counted = database.used(&meter(), DAY).await.unwrap();
    assert!(counted == used || counted == used + 1, "{counted} counted, {used} said");
}

#[tokio::test]
async fn a_directory_has_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let clock = Arc::new(SystemClock::new());
    let deps = Deps { ids: Arc::new(RandomIds::new(clock.clone())), clock, sources: Sources::default() };
    let Err(error) = Database::open(dir.path(), deps) else { panic!("it was opened twice") };
    assert!(error.to_string().contains("in use by another process"), "{error}");
    first.close().await;
    drop(first);
}
