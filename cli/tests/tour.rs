//! The README's tour, for each tier, driven from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use support::client::Client;
use support::eventually;
use support::leftovers::{files, processes};
use support::system::System;

/// Long, for a machine that runs every other test beside this one.
const PATIENCE: Duration = Duration::from_secs(120);

async fn tour(tier: &str) {
    let home = tempfile::tempdir().unwrap();
    let system = System::start(&home.path().join("data"), &[]);
    let client = Client::machine(&system).await;
    let name = format!("acme-{tier}");

    let (registration, tenant) = client.register(&name, tier).await;
    client.until(&registration, "Created", PATIENCE).await;
    let ada = client.first_sign_in(&system, &name).await;
    client.until_served(&ada, "/products").await;

    let product = json!({ "name": "Lamp", "price": 12.5, "sku": "L-1", "category": "home" });
    let product = client.tenant(&ada, Method::POST, "/products", Some(&product)).await;
    assert_eq!(product.status, 201, "{}", product.body);
    assert_eq!(product.body["tenantId"], tenant.as_str());
    let product_id = product.body["productId"].as_str().unwrap();

    client.until_served(&ada, "/orders").await;
    let order = json!({
        "orderName": "first",
        "orderProducts": [{ "productId": product_id, "price": 12.5, "quantity": 2 }],
    });
    let order = client.tenant(&ada, Method::POST, "/orders", Some(&order)).await;
    assert_eq!(order.status, 201, "{}", order.body);
    let order_id = order.body["orderId"].as_str().unwrap();
    let listed = client.tenant(&ada, Method::GET, "/orders", None).await;
    assert_eq!(listed.body.as_array().map(Vec::len), Some(1), "{}", listed.body);
    let one = client.tenant(&ada, Method::GET, &format!("/orders/{tenant}:{order_id}"), None).await;
    assert_eq!(one.status, 200, "{}", one.body);

    client.until_served(&ada, "/users").await;
    let user = json!({ "userName": "bob", "userEmail": format!("bob@{name}.example.com"), "userRole": "TenantUser" });
    let user = client.tenant(&ada, Method::POST, "/users", Some(&user)).await;
    assert_eq!(user.status, 201, "{}", user.body);

    client.offboard(&registration).await;
    client.until(&registration, "Deleted", PATIENCE).await;
    assert_eq!(client.admin(Method::GET, &format!("/tenant-config/{name}"), None).await.status, 404);
    // The gateway believes a tenant's standing for two seconds; the tenant's things are gone before that.
    eventually("the gateway to refuse a removed tenant", PATIENCE, || async {
        client.tenant(&ada, Method::GET, "/orders", None).await.status.is_client_error().then_some(())
    })
    .await;
    eventually("the tenant's processes to end", PATIENCE, || async { processes(&tenant).is_empty().then_some(()) })
        .await;
    assert_eq!(files(&system.data, &tenant), Vec::<std::path::PathBuf>::new());

    let data = system.data.to_string_lossy().into_owned();
    let (status, took) = system.terminate();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(10), "SIGTERM took {took:?}");
    assert_eq!(processes(&data), Vec::<String>::new());
}

#[tokio::test]
async fn a_basic_tenant_comes_trades_and_goes() {
    tour("basic").await;
}

#[tokio::test]
async fn an_advanced_tenant_comes_trades_and_goes() {
    tour("advanced").await;
}

#[tokio::test]
async fn a_premium_tenant_comes_trades_and_goes() {
    tour("premium").await;
}
