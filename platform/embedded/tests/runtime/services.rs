//! Services: up, down, changed, broken.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tenantry_contract::resource::{Entry, EntryState, Outputs};
use tenantry_embedded::runtime::Pace;
use tenantry_ports::routes::Routes as _;
use tenantry_ports::runtime::{Condition, Runtime as _, RuntimeError, Step};

use crate::support::{PATIENCE, TOKEN, World, little, pace, runs, service, until};

fn entry(resource: tenantry_contract::resource::Resource) -> Entry {
    Entry { resource, state: EntryState::Present { outputs: Outputs::new() } }
}

#[tokio::test]
async fn a_service_comes_up_with_what_it_is_to_know_and_goes_without_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let shop = world.service("shop", 1);
    assert!(matches!(world.ensure(&shop).await.unwrap(), Step::Pending { .. }));
    world.until_ready(&shop).await;
    assert_eq!(world.runtime.inspect(&world.owner, &entry(shop.clone())).await.unwrap(), Condition::Sound);

    let port = world.locate("shop").await.unwrap().port();
    let said = world.says("shop", "/").await.unwrap();
    let (_, body) = said.split_once("\r\n\r\n").unwrap();
    let mut told: Vec<&str> = body.lines().filter(|line| !line.starts_with("pid=")).collect();
    told.sort_unstable();
    let table = dir.path().join("data/tenants/t-1/shop-big-things.db");
    let mut expected = vec![
        "COLOUR=blue".to_owned(),
        "LANG=C.UTF-8".to_owned(),
        "PATH=/usr/local/bin:/usr/bin:/bin".to_owned(),
        format!("PORT={port}"),
        "TENANTRY_CLIENT_ID=client".to_owned(),
        "TENANTRY_ISSUER=http://issuer/local_t-1".to_owned(),
        "TENANTRY_JWKS_URL=http://issuer/local_t-1/.well-known/jwks.json".to_owned(),
        "TENANTRY_OWNER=tenant".to_owned(),
        "TENANTRY_POOL_ID=local_t-1".to_owned(),
        "TENANTRY_SERVICE=shop".to_owned(),
        format!("TENANTRY_SERVICE_TOKEN={TOKEN}"),
        format!("TENANTRY_TABLE_BIG_THINGS={}", table.display()),
        "TENANTRY_TENANT_ID=t-1".to_owned(),
        "TENANTRY_USERS_URL=http://issuer/local_t-1/users".to_owned(),
    ];
    expected.sort_unstable();
    assert_eq!(told, expected);

    let pid = world.pid("shop").await.unwrap();
    let log = dir.path().join("logs/t-1/shop.log");
    assert!(std::fs::read_to_string(&log).unwrap().contains(&format!("process {pid} listens")));
    world.until_removed(&shop).await;
    assert!(!runs(pid) && world.locate("shop").await.is_none());
    assert!(!log.parent().unwrap().exists());
    assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_service_that_ends_is_withdrawn_and_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let shop = world.service("shop", 1);
    world.until_ready(&shop).await;
    let first = world.pid("shop").await.unwrap();
    let address = world.locate("shop").await.unwrap();
    world.says("shop", "/crash").await;
    // What is told meanwhile is either nobody or somebody who answers as the new one.
    until("another answers", async || world.pid("shop").await.is_some_and(|pid| pid != first)).await;
    assert_eq!(world.locate("shop").await.unwrap(), address, "its port was kept for it");
    assert!(!runs(first));
    world.until_removed(&shop).await;
}

#[tokio::test]
async fn a_service_whose_keeper_is_killed_is_ended_and_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let shop = world.service("shop", 1);
    world.until_ready(&shop).await;
    let first = world.pid("shop").await.unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{first}/stat")).unwrap();
    let keeper: i32 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap();
    kill_process(Pid::from_raw(keeper).unwrap(), Signal::KILL).unwrap();
    until("the orphan has ended", async || !runs(first)).await;
    until("another answers", async || world.pid("shop").await.is_some_and(|pid| pid != first)).await;
    world.until_removed(&shop).await;
}

#[tokio::test]
async fn a_service_that_hangs_is_ended_and_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::at_pace(dir.path(), &little(), Pace { answer: Duration::from_millis(200), ..pace() });
    let shop = world.service("shop", 1);
    world.until_ready(&shop).await;
    let first = world.pid("shop").await.unwrap();
    kill_process(Pid::from_raw(first).unwrap(), Signal::STOP).unwrap();
    until("the one that hangs has ended", async || !runs(first)).await;
    until("another answers", async || world.pid("shop").await.is_some_and(|pid| pid != first)).await;
    world.until_removed(&shop).await;
}

#[tokio::test]
async fn whatever_crashes_nobody_is_led_to_another_tenants_service() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let tenants: Vec<World> = (0..5).map(|n| world.of(&format!("t-{n}"))).collect();
    for tenant in &tenants {
        tenant.until_ready(&tenant.service("shop", 1)).await;
    }
    let mut answers = 0;
    for round in 0..60 {
        let crashes = &tenants[round % tenants.len()];
        if round % 7 == 0 {
            // Goes, and comes back.
            crashes.until_removed(&crashes.service("shop", 1)).await;
            crashes.until_ready(&crashes.service("shop", 1)).await;
        } else {
            crashes.says("shop", "/crash").await;
        }
        for tenant in &tenants {
            if let Some(said) = tenant.says("shop", "/").await.filter(|said| said.contains("pid=")) {
                let own = format!("TENANTRY_TENANT_ID={}\n", tenant.owner.tenant().unwrap());
                assert!(said.contains(&own), "{own} was led to {said}");
                answers += 1;
            }
        }
    }
    assert!(answers > 100, "hardly anybody answered: {answers}");
    world.runtime.shutdown(PATIENCE).await;
}

#[tokio::test]
async fn a_forgotten_address_is_told_again_only_if_it_answers() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let shop = world.service("shop", 1);
    world.until_ready(&shop).await;
    let address = world.locate("shop").await.unwrap();
    world.runtime.forget(&world.owner, &service("shop"), address);
    assert_eq!(world.locate("shop").await, Some(address), "it was asked and answered");
    world.until_removed(&shop).await;
}

#[tokio::test]
async fn a_service_that_never_stays_up_says_why_without_its_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let broken = world.service("broken", 1);
    let mut told = None;
    until("it is told as a failure", async || {
        told = world.ensure(&broken).await.err();
        told.is_some()
    })
    .await;
    let error = told.unwrap();
    let text = error.to_string();
    assert!(error.retryable() && text.contains("code 7") && text.contains("no luck with ***"), "{text}");
    assert!(!text.contains(TOKEN), "{text}");
    let Condition::Drifted(why) = world.runtime.inspect(&world.owner, &entry(broken.clone())).await.unwrap() else {
        panic!("a service that does not run was called sound");
    };
    assert!(!why.contains(TOKEN), "{why}");
    assert!(world.locate("broken").await.is_none());
    world.until_removed(&broken).await;
}

#[tokio::test]
async fn a_program_that_is_not_there_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let error = world.ensure(&world.service("absent", 1)).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Permanent { what, .. } if what.contains("no-such-program")), "{error}");
}

#[tokio::test]
async fn a_new_spec_replaces_the_process_and_none_is_left_at_scale_zero() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let one = world.service("shop", 1);
    world.until_ready(&one).await;
    let first = world.pid("shop").await.unwrap();

    let two = world.service("shop", 2);
    assert_ne!(one.spec_hash, two.spec_hash);
    world.until_ready(&two).await;
    assert!(!runs(first));
    let (a, b) = (world.pid("shop").await.unwrap(), world.pid("shop").await.unwrap());
    assert_ne!(a, b, "replicas take turns");

    let none = world.service("shop", 0);
    world.until_ready(&none).await;
    assert!(!runs(a) && !runs(b) && world.locate("shop").await.is_none());
    assert_eq!(world.runtime.inspect(&world.owner, &entry(none.clone())).await.unwrap(), Condition::Sound);
    let drift = world.runtime.inspect(&world.owner, &entry(one)).await.unwrap();
    assert!(matches!(drift, Condition::Drifted(_)), "{drift:?}");
    world.until_removed(&none).await;
}

#[tokio::test]
async fn after_a_shutdown_nothing_runs_and_nothing_starts() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let shop = world.service("shop", 3);
    world.until_ready(&shop).await;
    let mut pids = Vec::new();
    for _ in 0..3 {
        pids.push(world.pid("shop").await.unwrap());
    }
    world.runtime.shutdown(PATIENCE).await;
    assert!(pids.iter().all(|pid| !runs(*pid)), "{pids:?}");
    assert!(world.ensure(&shop).await.unwrap_err().retryable());
    assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), 0);
}
