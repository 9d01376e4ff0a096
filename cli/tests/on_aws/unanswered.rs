//! A call that AWS never answers, of a process that lives: the work goes on when the call's time is over.

use std::time::Duration;

use reqwest::Method;

use crate::inventory::{PREMIUM, counts, everything, made, until};
use crate::proxy::{Fault, Proxy};
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(180);

/// Of every kind of thing a premium tenant has, and of what is told of it: by turns before the call is carried out
/// and after.
const MAKING: [(&str, Fault); 14] = [
    ("ReceiveMessage", Fault::HeldBefore),
    ("TransactWriteItems", Fault::HeldAfter),
    ("CreateUserPool", Fault::HeldAfter),
    ("CreateUserPoolClient", Fault::HeldBefore),
    ("AdminCreateUser", Fault::HeldAfter),
    ("CreateCluster", Fault::HeldAfter),
    ("CreateTable", Fault::HeldBefore),
    ("CreateLogGroup", Fault::HeldAfter),
    ("CreateRole", Fault::HeldAfter),
    ("CreateSecurityGroup", Fault::HeldAfter),
    ("RegisterTaskDefinition", Fault::HeldBefore),
    ("CloudMap.CreateService", Fault::HeldAfter),
    ("CreateService", Fault::HeldAfter),
    ("DescribeServices", Fault::HeldBefore),
];

const REMOVING: [(&str, Fault); 8] = [
    ("TransactWriteItems", Fault::HeldBefore),
    ("UpdateService", Fault::HeldAfter),
    ("DeleteService", Fault::HeldBefore),
    ("CloudMap.DeleteService", Fault::HeldAfter),
    ("DeleteUserPool", Fault::HeldAfter),
    ("DeleteTable", Fault::HeldBefore),
    ("DeleteRole", Fault::HeldAfter),
    ("DeleteCluster", Fault::HeldAfter),
];

/// Holds one call of each kind up for good.
fn hold(proxy: &Proxy, calls: &[(&str, Fault)]) {
    for (operation, fault) in calls {
        proxy.next(operation, [*fault]);
    }
}

async fn all_held(proxy: &Proxy, count: usize) {
    let count = count as u64;
    eventually(&format!("{count} calls to be held"), PATIENCE, || async { (proxy.failed() >= count).then_some(()) })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_of_each_kind_is_never_answered_and_everything_is_made_once() {
    let stage = Stage::dedicated().await;
    let proxy = Proxy::start(&stage.url).await;
    let control_plane = Role::start(&stage, "control-plane");
    let mut provisioner = command(&stage, "provisioner");
    provisioner.env("TENANTRY_CLAIM_SECONDS", "4").env("TENANTRY_SWEEP_SECONDS", "5");
    provisioner.env("AWS_ENDPOINT_URL", &proxy.url);
    let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
    let empty = everything(&stage.sdk).await;
    hold(&proxy, &MAKING);
    let provisioner = Role::spawn(provisioner);
    let (registration, tenant) = client.register("acme", "premium").await;
    client.until(&registration, "Created", PATIENCE).await;
    all_held(&proxy, MAKING.len()).await;
    // The emulator lets two discovery services have one name: what was made once more, the sweep takes away.
    until("each thing to be there once", PATIENCE, || made(&stage, &empty), &counts(&PREMIUM)).await;
    assert_eq!(ends(&client, &tenant).await, 1);

    hold(&proxy, &REMOVING);
    client.offboard(&registration).await;
    client.until(&registration, "Deleted", PATIENCE).await;
    all_held(&proxy, MAKING.len() + REMOVING.len()).await;
    until("nothing to be left", PATIENCE, || everything(&stage.sdk), &empty).await;
    assert_eq!(ends(&client, &tenant).await, 2);
    assert!(provisioner.terminate().success());
}

/// How many operations of the tenant have ended, as the log of events has it. A report may be made more than once.
async fn ends(client: &Client, tenant: &str) -> usize {
    let path = format!("/events?tenantId={tenant}&detailType=tenantry_operationEnded");
    client.admin(Method::GET, &path, None).await.body["data"].as_array().unwrap().len()
}

/// The control plane's own: the write of a registration, the relay's call, and its look at the queue.
#[tokio::test(flavor = "multi_thread")]
async fn a_control_plane_that_is_not_answered_takes_a_tenant_once() {
    let stage = Stage::new().await;
    let proxy = Proxy::start(&stage.url).await;
    let mut control_plane = command(&stage, "control-plane");
    control_plane.env("AWS_ENDPOINT_URL", &proxy.url);
    let calls = [("ReceiveMessage", Fault::HeldBefore), ("PutEvents", Fault::HeldAfter)];
    hold(&proxy, &calls);
    let control_plane = Role::spawn(control_plane);
    let _provisioner = Role::start(&stage, "provisioner");
    let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
    proxy.next("TransactWriteItems", [Fault::HeldAfter]);
    let (registration, tenant) =
        eventually("the tenant to be taken", PATIENCE, || client.register_if_able("acme", "basic")).await;
    client.until(&registration, "Created", PATIENCE).await;
    all_held(&proxy, calls.len() + 1).await;
    assert_eq!(ends(&client, &tenant).await, 1);
    let all = client.admin(Method::GET, "/tenants", None).await;
    assert_eq!(all.body["data"].as_array().unwrap().len(), 1, "{}", all.body);
    assert!(control_plane.terminate().success());
}
