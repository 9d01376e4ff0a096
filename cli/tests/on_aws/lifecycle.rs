//! Two control planes and two provisioners, and a tenant of each placement that comes and goes.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use reqwest::Method;
use serde_json::json;
use tenantry_contract::catalogue::Catalogue;

use crate::inventory::{everything, until_served};
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::tags::whose;

const PATIENCE: Duration = Duration::from_secs(120);

/// What is new, by its first word.
fn new<'a>(before: &'a BTreeSet<String>, after: &'a BTreeSet<String>, kind: &str) -> Vec<&'a str> {
    let of_kind = |line: &&String| line.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' '));
    after.difference(before).filter(of_kind).map(|line| &line[kind.len() + 1..]).collect()
}

#[tokio::test]
async fn a_tenant_of_each_placement_comes_and_goes() {
    let stage = Stage::new().await;
    let partner = "\n[[tiers]]\nname = \"partner\"\nplacement = \"external\"\n";
    let catalogue = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(catalogue.path(), Catalogue::DEFAULT.to_owned() + partner).unwrap();
    let roles = ["control-plane", "control-plane", "provisioner", "provisioner"].map(|role| {
        let mut command = command(&stage, role);
        command.env("TENANTRY_CATALOGUE", catalogue.path());
        Role::spawn(command)
    });
    let token = stage.admin("ada").await;
    let one = Client::at(&roles[0].url, "", &token);
    let other = Client::at(&roles[1].url, "", &token);
    until_served(&stage).await;
    let empty = everything(&stage.sdk).await;

    let (basic, _) = one.register("acme-basic", "basic").await;
    other.until(&basic, "Created", PATIENCE).await;
    let after = everything(&stage.sdk).await;
    let more: Vec<_> = after.difference(&empty).collect();
    assert_eq!(more.len(), 1, "a pooled tenant has a user and nothing else of AWS: {more:?}");
    assert!(more[0].starts_with("user ") && more[0].contains("pooled"), "{more:?}");

    // Somebody else's application plane gives it its place.
    let (external, _) = other.register("acme-partner", "partner").await;
    reports(&stage, "provisionSuccess", &external).await;
    one.until(&external, "Created", PATIENCE).await;
    assert_eq!(everything(&stage.sdk).await, after, "an external tenant has nothing of ours");

    let before = after;
    let (advanced, advanced_id) = other.register("acme-advanced", "advanced").await;
    one.until(&advanced, "Created", PATIENCE).await;
    let after = everything(&stage.sdk).await;
    let services = new(&before, &after, "service");
    assert_eq!(services.len(), 3, "{services:?}");
    assert!(services.iter().all(|service| service.starts_with(&format!("{}/", stage.name))), "{services:?}");
    assert_eq!(new(&before, &after, "cluster"), Vec::<&str>::new());
    for (kind, count) in [("pool", 1), ("role", 1), ("group", 1), ("log group", 1), ("discovery", 3), ("table", 1)] {
        let new = new(&before, &after, kind);
        assert_eq!(new.len(), count, "{kind}: {new:?}");
        let named = |name: &&str| name.contains(&advanced_id) || kind == "table";
        assert!(new.iter().all(named), "{kind}: {new:?}");
    }

    assert_eq!(whose(&stage, &before, &after, &advanced_id, "advanced").await, 8, "every kind has tags but a user");

    let before = after;
    let (premium, premium_id) = one.register("acme-premium", "premium").await;
    other.until(&premium, "Created", PATIENCE).await;
    let after = everything(&stage.sdk).await;
    let clusters = new(&before, &after, "cluster");
    assert_eq!(clusters.len(), 1, "{clusters:?}");
    assert!(clusters[0].contains(&premium_id), "{clusters:?}");
    let services = new(&before, &after, "service");
    assert_eq!(services.len(), 3, "{services:?}");
    assert!(services.iter().all(|service| service.starts_with(clusters[0])), "{services:?}");
    assert_eq!(new(&before, &after, "table").len(), 2);
    assert_eq!(whose(&stage, &before, &after, &premium_id, "premium").await, 9, "every kind has tags but a user");

    let config = other.tenant_config("acme-premium").await;
    let pool = config["userPoolId"].as_str().unwrap();
    assert!(pool.starts_with("eu-west-1_") && pool != stage.pools.pooled.as_ref().unwrap().id.as_str(), "{config}");

    for registration in [&basic, &external, &advanced, &premium] {
        one.offboard(registration).await;
    }
    reports(&stage, "deprovisionSuccess", &external).await;
    for registration in [&basic, &external, &advanced, &premium] {
        other.until(registration, "Deleted", PATIENCE).await;
    }
    let left = everything(&stage.sdk).await;
    assert_eq!(left.difference(&empty).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(empty.difference(&left).collect::<Vec<_>>(), Vec::<&String>::new());
    let gone = one.admin(Method::GET, "/tenant-config/acme-premium", None).await;
    assert_eq!(gone.status, 404, "{}", gone.body);
    for role in roles {
        let status = role.terminate();
        assert!(status.success(), "{status}");
    }
}

/// What another application plane puts onto the bus.
async fn reports(stage: &Stage, name: &str, registration: &str) {
    let detail = json!({ "tenantRegistrationId": registration, "jobOutput": { "tenantData": {} } });
    let entry = PutEventsRequestEntry::builder().event_bus_name(format!("{}-bus", stage.name));
    let entry = entry.source("sbt.application.plane").detail_type(format!("sbt_aws_{name}"));
    let entry = entry.detail(detail.to_string()).build();
    let put = aws_sdk_eventbridge::Client::new(&stage.sdk).put_events().entries(entry).send().await.unwrap();
    assert_eq!(put.failed_entry_count, 0);
}
