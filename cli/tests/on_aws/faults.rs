//! Three in ten of all calls fail, in every way, for as long as a hundred tenants are onboarded.

use std::time::Duration;

use futures::future::join_all;

use crate::proxy::Proxy;
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const TENANTS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_onboardings_end_well_while_three_in_ten_calls_fail() {
    let stage = Stage::new().await;
    let proxy = Proxy::start(&stage.url).await;
    let roles = ["control-plane", "provisioner", "provisioner"].map(|role| {
        let mut command = command(&stage, role);
        command.env("AWS_ENDPOINT_URL", &proxy.url);
        Role::spawn(command)
    });
    let client = Client::at(&roles[0].url, "", &stage.admin("ada").await);
    proxy.fail(300, 42);
    let tier = |n: usize| match n % 20 {
        0 => "premium",
        1 => "advanced",
        _ => "basic",
    };
    let register = async |n: usize| {
        let name = format!("acme-{n}");
        // A client that is told to come back does, with the same key.
        let (registration, _) = eventually(&format!("{name} to be taken"), PATIENCE, || async {
            client.register_if_able(&name, tier(n)).await
        })
        .await;
        eventually(&format!("{name} to be Created"), PATIENCE, || async {
            client.status_if_able(&registration).await.filter(|status| status == "Created")
        })
        .await;
        registration
    };
    let mut registrations = Vec::new();
    for ten in (0..TENANTS).collect::<Vec<_>>().chunks(25) {
        registrations.extend(join_all(ten.iter().map(|n| register(*n))).await);
    }
    proxy.fail(0, 0);
    assert!(proxy.failed() > 300, "only {} calls failed", proxy.failed());
    registrations.sort();
    registrations.dedup();
    assert_eq!(registrations.len(), TENANTS);
}
