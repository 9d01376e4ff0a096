//! A provisioner that is killed or suspended in the middle of a step: another one finishes, and makes nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::inventory::everything;
use crate::proxy::{Fault, Proxy};
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(180);

/// By way of somebody who holds a call up: all of them, as it is where they find AWS that they tell services. Claims
/// are short, as a test waits for them to end.
fn provisioner(stage: &Stage, proxy: &Proxy) -> Role {
    let mut command = command(stage, "provisioner");
    command.env("TENANTRY_CLAIM_SECONDS", "4").env("TENANTRY_SWEEP_SECONDS", "5").env("AWS_ENDPOINT_URL", &proxy.url);
    Role::spawn(command)
}

/// What befalls the first provisioner while a call of that name is under way.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Killed,
    /// And continued when another one has done its work.
    Suspended,
}

/// Waits for the call that is held up, and lets fate take its course.
async fn strike(fate: Fate, operation: &str, proxy: &Proxy, victim: &Role) {
    let held = proxy.failed();
    eventually(&format!("{operation} to be called"), PATIENCE, || async { (proxy.failed() > held).then_some(()) })
        .await;
    victim.signal(if fate == Fate::Killed { Signal::KILL } else { Signal::STOP });
}

async fn interrupted(fate: Fate, making: &str, removing: &str, held: Fault) {
    let stage = Stage::new().await;
    let proxy = Proxy::start(&stage.url).await;
    let control_plane = Role::start(&stage, "control-plane");
    let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
    let empty = everything(&stage.sdk).await;

    let first = provisioner(&stage, &proxy);
    proxy.next(making, [held]);
    let ((), (registration, _)) =
        tokio::join!(strike(fate, making, &proxy, &first), client.register("acme", "premium"));
    let second = provisioner(&stage, &proxy);
    client.until(&registration, "Created", PATIENCE).await;
    resume(fate, first);
    // What one that was suspended made once more when it was continued, the sweep takes away: the emulator lets two
    // discovery services have one name.
    let premium: BTreeMap<_, _> = PREMIUM.map(|(kind, count)| (kind.to_owned(), count)).into();
    until("each thing to be there once", || made(&stage, &empty), &premium).await;
    assert_eq!(client.status(&registration).await, "Created");
    assert!(second.terminate().success());

    let third = provisioner(&stage, &proxy);
    proxy.next(removing, [held]);
    let striking = strike(fate, removing, &proxy, &third);
    tokio::join!(striking, client.offboard(&registration));
    let _fourth = provisioner(&stage, &proxy);
    client.until(&registration, "Deleted", PATIENCE).await;
    resume(fate, third);
    until("nothing to be left", || everything(&stage.sdk), &empty).await;
}

async fn until<T: PartialEq + Debug, F: Future<Output = T>>(what: &str, look: impl Fn() -> F, expected: &T) {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = look().await;
        if seen == *expected {
            return;
        }
        assert!(Instant::now() < end, "waited for {what}; there is\n{seen:?}\nand should be\n{expected:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// One that was suspended goes on in the middle of its step, with a claim that is another's now.
fn resume(fate: Fate, role: Role) {
    if fate == Fate::Suspended {
        role.signal(Signal::CONT);
        assert!(role.terminate().success());
    }
}

/// What a premium tenant has, each once: more would be what somebody made twice.
const PREMIUM: [(&str, usize); 10] = [
    ("cluster", 1),
    ("discovery", 3),
    ("group", 1),
    ("log group", 1),
    ("pool", 1),
    ("role", 1),
    ("service", 3),
    ("table", 2),
    ("task definition", 3),
    ("user", 1),
];

/// How many things of each kind are new.
async fn made(stage: &Stage, empty: &BTreeSet<String>) -> BTreeMap<String, usize> {
    let all = everything(&stage.sdk).await;
    let mut made = BTreeMap::new();
    for line in all.difference(empty) {
        let kind = PREMIUM.iter().map(|(kind, _)| *kind).filter(|kind| line.starts_with(&format!("{kind} "))).max();
        *made.entry(kind.unwrap_or(line).to_owned()).or_default() += 1;
    }
    made
}

/// Each step once with a provisioner that is killed in the middle of it, and once with one that is suspended.
macro_rules! interrupted {
    ($($name:ident: $making:literal, $removing:literal, $held:ident;)+) => {
        mod killed { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::interrupted(super::Fate::Killed, $making, $removing, super::Fault::$held).await;
            }
        )+ }

        mod suspended { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::interrupted(super::Fate::Suspended, $making, $removing, super::Fault::$held).await;
            }
        )+ }
    };
}

interrupted! {
    pool: "CreateUserPool", "DeleteUserPool", HeldAfter;
    client: "CreateUserPoolClient", "DeleteUserPoolDomain", HeldBefore;
    domain: "CreateUserPoolDomain", "DeleteUserPoolDomain", HeldAfter;
    admin: "AdminCreateUser", "AdminDeleteUser", HeldAfter;
    cluster: "CreateCluster", "DeleteCluster", HeldAfter;
    table: "CreateTable", "DeleteTable", HeldAfter;
    backups: "UpdateContinuousBackups", "DeleteTable", HeldBefore;
    log_group: "CreateLogGroup", "DeleteLogGroup", HeldAfter;
    retention: "PutRetentionPolicy", "DeleteLogGroup", HeldBefore;
    role: "CreateRole", "DeleteRole", HeldAfter;
    policy: "PutRolePolicy", "DeleteRolePolicy", HeldBefore;
    group: "CreateSecurityGroup", "DeleteSecurityGroup", HeldAfter;
    group_rules: "AuthorizeSecurityGroupIngress", "DeleteSecurityGroup", HeldBefore;
    task: "RegisterTaskDefinition", "DeregisterTaskDefinition", HeldAfter;
    discovery: "CloudMap.CreateService", "CloudMap.DeleteService", HeldAfter;
    service: "CreateService", "DeleteService", HeldAfter;
    service_scaled: "CreateService", "UpdateService", HeldBefore;
    task_deleted: "RegisterTaskDefinition", "DeleteTaskDefinitions", HeldBefore;
}
