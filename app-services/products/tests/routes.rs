//! Every route of products, as two tenants of one pooled service see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tenantry_contract::resource::Owner;
use tenantry_products::{Context, router};
use tenantry_tenancy::Table;
use tenantry_tenancy::testing::{Caller, CountingIds, MemoryTable, Signer, Speaker, assert_shut_to_strangers, framed};

fn context() -> Context {
    Context { table: Table::new(Arc::new(MemoryTable::default())), ids: Arc::new(CountingIds::default()) }
}

fn pair() -> (Caller, Caller) {
    let signer = Arc::new(Signer::default());
    let routes = framed("products", Owner::Stage, &signer, router(context()));
    let caller = |tenant| Caller { router: routes.clone(), token: signer.token(Speaker::Pooled, tenant, "TenantUser") };
    (caller("acme"), caller("globex"))
}

fn lamp() -> Value {
    json!({"name": "Lamp", "price": 9.99, "sku": "L-1", "category": "light"})
}

async fn made(caller: &Caller) -> Value {
    let (status, product) = caller.call("POST", "/products", Some(lamp())).await;
    assert_eq!(status, StatusCode::CREATED, "{product}");
    product
}

#[tokio::test]
async fn a_product_is_made_read_changed_and_deleted() {
    let (acme, _) = pair();
    let product = made(&acme).await;
    let id = product["productId"].as_str().unwrap().to_owned();
    let expected = json!({"productId": id, "tenantId": "acme", "name": "Lamp", "price": 9.99, "sku": "L-1",
        "category": "light"});
    assert_eq!(product, expected);
    for path in [format!("/products/acme:{id}"), format!("/products/{id}"), format!("//products/acme%3A{id}")] {
        assert_eq!(acme.get(&path).await, (StatusCode::OK, product.clone()), "{path}");
    }
    assert_eq!(acme.get("/products").await, (StatusCode::OK, json!([product])));

    let change = json!({"name": "Lamp 2", "price": 10, "productId": "x", "tenantId": "globex"});
    let (status, changed) = acme.call("PUT", &format!("/products/{id}"), Some(change)).await;
    let expected = json!({"productId": id, "tenantId": "acme", "name": "Lamp 2", "price": 10, "sku": "",
        "category": ""});
    assert_eq!((status, &changed), (StatusCode::OK, &expected));
    assert_eq!(acme.get(&format!("/products/{id}")).await.1, expected);

    let path = format!("/products/acme:{id}");
    assert_eq!(acme.call("DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(acme.call("DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(acme.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(acme.call("PUT", &path, Some(lamp())).await.0, StatusCode::NOT_FOUND);
    assert_eq!(acme.get("/products").await, (StatusCode::OK, json!([])));
}

#[tokio::test]
async fn another_tenants_product_is_not_there() {
    let (acme, globex) = pair();
    let product = made(&acme).await;
    let id = product["productId"].as_str().unwrap();
    for path in [format!("/products/acme:{id}"), format!("/products/globex:{id}"), format!("/products/{id}")] {
        assert_eq!(globex.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(globex.call("PUT", &path, Some(lamp())).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(globex.call("DELETE", &path, None).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(globex.get("/products").await.1, json!([]));
    assert_eq!(acme.get(&format!("/products/{id}")).await, (StatusCode::OK, product));
}

/// So many arrays in each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[tokio::test]
async fn what_a_client_adds_is_kept() {
    let (acme, _) = pair();
    let sent = json!({"name": "Lamp", "price": 1, "sku": 4711, "category": "light", "key": "k", "pictureUrl": null,
        "sizes": [{"w": 1.5}], "deep": nested(64), "productId": "x", "tenantId": "globex"});
    let (status, made) = acme.call("POST", "/products", Some(sent.clone())).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let mut expected = sent.clone();
    expected["productId"] = made["productId"].clone();
    expected["tenantId"] = json!("acme");
    assert_ne!(made["productId"], "x");
    let path = format!("/products/{}", made["productId"].as_str().unwrap());
    assert_eq!((&made, &acme.get(&path).await.1), (&expected, &expected));
    let (status, changed) = acme.call("PUT", &path, Some(json!({"name": "Lamp", "price": 1, "colour": "red"}))).await;
    assert_eq!((status, &changed["colour"], changed.get("sizes")), (StatusCode::OK, &json!("red"), None));
    let large = json!({"name": "Lamp", "price": 1, "notes": "x".repeat(33 * 1024)});
    assert_eq!(acme.call("PUT", &path, Some(large)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(acme.get(&path).await.1, changed);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let (acme, _) = pair();
    for (body, fields) in [
        (json!({}), vec!["name", "price"]),
        (json!({"name": "", "price": 1}), vec!["name"]),
        (json!({"name": "x", "price": -1}), vec!["price"]),
        (json!({"name": "x", "price": "1"}), vec!["price"]),
        (json!({"name": 7, "price": 1, "sku": [], "category": []}), vec!["name", "sku", "category"]),
        (json!({"name": "x", "price": 1e300, "deep": nested(65)}), vec!["price", "deep"]),
    ] {
        let (status, problem) = acme.call("POST", "/products", Some(body.clone())).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let named: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{body}");
        assert_eq!(problem["statusCode"], 422);
    }
    assert_eq!(acme.get("/products").await.1, json!([]));
    let huge = json!({"name": "x".repeat(300 * 1024), "price": 1});
    assert_eq!(acme.call("POST", "/products", Some(huge)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(acme.call("POST", "/products", Some(json!([]))).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(acme.call("PATCH", "/products", None).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(acme.call("POST", "/products", None).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let (acme, globex) = pair();
    made(&globex).await;
    for _ in 0..250 {
        made(&acme).await;
    }
    for (path, full, pages) in [("/products", 100, 3), ("/products?limit=60", 60, 5)] {
        let listed = acme.pages(path).await;
        assert_eq!(listed.len(), pages, "{path}");
        assert!(listed[..pages - 1].iter().all(|page| page.len() == full), "{path}");
        let ids: BTreeSet<_> = listed.iter().flatten().map(|p| p["productId"].to_string()).collect();
        assert_eq!(ids.len(), 250, "{path}");
    }
}

#[tokio::test]
async fn no_route_opens_to_a_stranger() {
    let named = [
        ("GET", "/products"),
        ("POST", "/products"),
        ("GET", "/products/{key}"),
        ("PUT", "/products/{key}"),
        ("DELETE", "/products/{key}"),
    ];
    assert_shut_to_strangers("products", router(context()), &named).await;
}
