//! A provisioner that is killed or suspended in the middle of a step: another one finishes, and makes nothing twice.

use std::time::Duration;

use rustix::process::Signal;

use crate::fences::Fences;
use crate::inventory::{PREMIUM, counts, everything, made, until};
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
    let stage = Stage::dedicated().await;
    let proxy = Proxy::start(&stage.url).await;
    let control_plane = Role::start(&stage, "control-plane");
    let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
    let empty = everything(&stage.sdk).await;
    let fences = Fences::watched_at(&proxy);

    let first = provisioner(&stage, &proxy);
    proxy.next(making, [held]);
    let ((), (registration, tenant)) =
        tokio::join!(strike(fate, making, &proxy, &first), client.register("acme", "premium"));
    let second = provisioner(&stage, &proxy);
    client.until(&registration, "Created", PATIENCE).await;
    resume(fate, first);
    // What one that was suspended made once more when it was continued, the sweep takes away: the emulator lets two
    // discovery services have one name.
    until("each thing to be there once", PATIENCE, || made(&stage, &empty), &counts(&PREMIUM)).await;
    assert_eq!(client.status(&registration).await, "Created");
    fences.are_in_order(&stage, &tenant).await;

    proxy.next(removing, [held]);
    let striking = strike(fate, removing, &proxy, &second);
    tokio::join!(striking, client.offboard(&registration));
    let _third = provisioner(&stage, &proxy);
    client.until(&registration, "Deleted", PATIENCE).await;
    resume(fate, second);
    until("nothing to be left", PATIENCE, || everything(&stage.sdk), &empty).await;
    fences.are_in_order(&stage, &tenant).await;
}

/// One that was suspended goes on in the middle of its step, with a claim that is another's now.
fn resume(fate: Fate, role: Role) {
    if fate == Fate::Suspended {
        role.signal(Signal::CONT);
        assert!(role.terminate().success());
    }
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
