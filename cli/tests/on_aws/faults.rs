//! Three in ten of all calls fail, in every way, for as long as a hundred tenants are onboarded, and while they are
//! offboarded: nothing is lost, nothing is done twice, and nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;

use crate::inventory::{PREMIUM, counts, everything, made, until, until_served};
use crate::proxy::Proxy;
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const TENANTS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(900);
/// The first sweep after the faults, and what it finds being removed.
const SWEPT: Duration = Duration::from_secs(120);

/// What an advanced tenant has: a cluster and one of the tables it shares.
const ADVANCED: [(&str, usize); 9] = [
    ("discovery", 3),
    ("group", 1),
    ("log group", 1),
    ("pool", 1),
    ("role", 1),
    ("service", 3),
    ("table", 1),
    ("task definition", 3),
    ("user", 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_onboardings_end_well_while_three_in_ten_calls_fail() {
    let stage = Stage::new().await;
    let proxy = Proxy::start(&stage.url).await;
    let roles = ["control-plane", "provisioner", "provisioner"].map(|role| {
        let mut command = command(&stage, role);
        command.env("AWS_ENDPOINT_URL", &proxy.url);
        if role == "provisioner" {
            command.env("TENANTRY_SWEEP_SECONDS", "20");
        }
        Role::spawn(command)
    });
    let client = Client::at(&roles[0].url, "", &stage.admin("ada").await);
    until_served(&stage).await;
    let empty = everything(&stage.sdk).await;
    proxy.fail(300, 42);
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
    // What the emulator lets be there twice of what was made by a call that went unanswered, the sweep takes away.
    until("each thing to be there once", SWEPT, || made(&stage, &empty), &expected()).await;
    assert_eq!(ended(&client).await, TENANTS, "operations that ended");

    proxy.fail(300, 7);
    let offboard = async |registration: &String| {
        let path = format!("/tenant-registrations/{registration}");
        eventually(&format!("{registration} to be offboarded"), PATIENCE, || async {
            let answer = client.try_admin(Method::DELETE, &path, None).await?;
            assert!(answer.status == 200 || answer.status.is_server_error(), "{}", answer.body);
            (answer.status == 200).then_some(())
        })
        .await;
        eventually(&format!("{registration} to be Deleted"), PATIENCE, || async {
            client.status_if_able(registration).await.filter(|status| status == "Deleted")
        })
        .await;
    };
    for some in registrations.chunks(25) {
        join_all(some.iter().map(offboard)).await;
    }
    proxy.fail(0, 0);
    until("nothing to be left", SWEPT, || everything(&stage.sdk), &empty).await;
    assert_eq!(ended(&client).await, 2 * TENANTS, "operations that ended");
}

const fn tier(n: usize) -> &'static str {
    match n % 20 {
        0 => "premium",
        1 => "advanced",
        _ => "basic",
    }
}

/// How many things of each kind there are to be: pooled tenants have a user each, and nothing more.
fn expected() -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for tier in (0..TENANTS).map(tier) {
        let each = match tier {
            "premium" => counts(&PREMIUM),
            "advanced" => counts(&ADVANCED),
            _ => counts(&[("user", 1)]),
        };
        for (kind, count) in each {
            *all.entry(kind).or_default() += count;
        }
    }
    all
}

/// The ends of operations in the log of events, in which no event is twice.
async fn ended(client: &Client) -> usize {
    let (mut ids, mut ends, mut next) = (BTreeSet::new(), 0, String::new());
    loop {
        let answer = client.admin(Method::GET, &format!("/events?limit=100{next}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        for event in answer.body["data"].as_array().unwrap() {
            let id = event["detail"]["eventId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id), "twice in the log: {event}");
            ends += usize::from(event["detail-type"] == "tenantry_operationEnded");
        }
        match answer.body["next_token"].as_str() {
            Some(token) => next = format!("&next_token={token}"),
            None => return ends,
        }
    }
}
