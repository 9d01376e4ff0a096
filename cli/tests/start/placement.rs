//! A catalogue that changes under the tenants there are.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::catalogue::{unlimited, write};
use crate::support::client::Client;
use crate::support::system::{System, refused};

const PATIENCE: Duration = Duration::from_secs(120);

fn edited(home: &Path, name: &str, edits: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(unlimited(home)).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    write(home, name, &text).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn tenants_outlive_a_change_of_their_tier() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let original = edited(home.path(), "original.toml", &[]);
    let system = System::start(&data, &["--catalogue", &original]);
    let client = Client::machine(&system).await;
    let (registration, _) = client.register("acme", "basic").await;
    client.until(&registration, "Created", PATIENCE).await;
    let ada = client.first_sign_in(&system, "acme").await;
    client.until_served(&ada, "/products").await;
    let lamp = json!({ "name": "Lamp", "price": 1, "sku": "L", "category": "home" });
    let made = client.tenant(&ada, Method::POST, "/products", Some(&lamp)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(system.terminate().0.success());

    // The tier is gone: refused, and named.
    let dropped = edited(home.path(), "dropped.toml", &[("name = \"basic\"", "name = \"bronze\"")]);
    let said = refused(&data, &["--catalogue", &dropped]);
    assert!(said.contains("\"basic\"") && said.contains("offboard"), "{said}");

    // It has moved, and with it goes what its tenants share: refused, too.
    let moved = ("placement = \"pooled\"", "placement = \"dedicated-services\"");
    let stranded = edited(home.path(), "stranded.toml", &[moved]);
    let said = refused(&data, &["--catalogue", &stranded]);
    assert!(said.contains("\"basic\"") && said.contains("pooled"), "{said}");

    // It has moved, and another tier keeps what they share: they stay where they are.
    let free = (
        "[[services]]\nname = \"orders\"",
        "[[tiers]]\nname = \"free\"\nplacement = \"pooled\"\n\n[[services]]\nname = \"orders\"",
    );
    let kept = edited(home.path(), "kept.toml", &[moved, free]);
    let system = System::start(&data, &["--catalogue", &kept]);
    let client = Client::machine(&system).await;
    let ada = client.sign_in_again("acme").await;
    client.until_served(&ada, "/products").await;
    let listed = client.tenant(&ada, Method::GET, "/products", None).await;
    assert_eq!(listed.body[0]["name"], "Lamp", "{}", listed.body);
    // A new one of the same tier has its own place, and both can go.
    let (later, _) = client.register("later", "basic").await;
    client.until(&later, "Created", PATIENCE).await;
    let bob = client.first_sign_in(&system, "later").await;
    client.until_served(&bob, "/products").await;
    let listed = client.tenant(&bob, Method::GET, "/products", None).await;
    assert_eq!(listed.body, json!([]));
    for registration in [&registration, &later] {
        client.offboard(registration).await;
        client.until(registration, "Deleted", PATIENCE).await;
    }
    assert!(system.terminate().0.success());

    // Now nobody needs it any more.
    let system = System::start(&data, &["--catalogue", &dropped]);
    assert!(system.terminate().0.success());
}
