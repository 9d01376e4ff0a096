//! Every route of orders, as two tenants of one pooled service see it.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tenantry_contract::resource::Owner;
use tenantry_orders::{Context, router};
use tenantry_tenancy::Table;
use tenantry_tenancy::testing::{Caller, CountingIds, MemoryTable, Signer, Speaker, assert_shut_to_strangers, framed};

fn context() -> Context {
    Context { table: Table::new(Arc::new(MemoryTable::default())), ids: Arc::new(CountingIds::default()) }
}

fn pair() -> (Caller, Caller) {
    let signer = Arc::new(Signer::default());
    let routes = framed("orders", Owner::Stage, &signer, router(context()));
    let caller = |tenant| Caller { router: routes.clone(), token: signer.token(Speaker::Pooled, tenant, "TenantUser") };
    (caller("acme"), caller("globex"))
}

fn order() -> Value {
    json!({"orderName": "first", "orderProducts": [{"productId": "p1", "price": 2.5, "quantity": 3}]})
}

#[tokio::test]
async fn an_order_is_placed_and_read() {
    let (acme, globex) = pair();
    let (status, placed) = acme.call("POST", "/orders", Some(order())).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = placed["orderId"].as_str().unwrap().to_owned();
    let mut expected = order();
    expected["orderId"] = json!(id);
    expected["tenantId"] = json!("acme");
    assert_eq!(placed, expected);
    assert_eq!(acme.get("/orders").await, (StatusCode::OK, json!([placed])));
    for path in [format!("/orders/acme:{id}"), format!("/orders/{id}")] {
        assert_eq!(acme.get(&path).await, (StatusCode::OK, placed.clone()), "{path}");
        assert_eq!(globex.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(globex.get("/orders").await, (StatusCode::OK, json!([])));
    assert_eq!(acme.get("/orders/none").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_order_is_changed_and_deleted() {
    let (acme, globex) = pair();
    let (_, placed) = acme.call("POST", "/orders", Some(order())).await;
    let id = placed["orderId"].as_str().unwrap();
    for path in [format!("/orders/acme:{id}"), format!("/orders/{id}")] {
        assert_eq!(globex.call("PUT", &path, Some(order())).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(globex.call("DELETE", &path, None).await.0, StatusCode::NOT_FOUND, "{path}");
        let mut change = order();
        change["orderName"] = json!(path);
        change["orderId"] = json!("x");
        let mut expected = change.clone();
        expected["orderId"] = json!(id);
        expected["tenantId"] = json!("acme");
        assert_eq!(acme.call("PUT", &path, Some(change)).await, (StatusCode::OK, expected.clone()), "{path}");
        assert_eq!(acme.get(&path).await.1, expected);
        assert_eq!(acme.call("PUT", &path, Some(json!({}))).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(acme.get(&path).await.1, expected);
    }
    let path = format!("/orders/{id}");
    assert_eq!(acme.call("DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(acme.call("DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(acme.call("PUT", &path, Some(order())).await.0, StatusCode::NOT_FOUND);
    assert_eq!(acme.get("/orders").await.1, json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let (acme, _) = pair();
    for (body, fields) in [
        (json!({}), vec!["orderName", "orderProducts"]),
        (json!({"orderName": "x", "orderProducts": {}}), vec!["orderProducts"]),
        (
            json!({"orderName": "x", "orderProducts": vec![order()["orderProducts"][0].clone(); 101]}),
            vec!["orderProducts"],
        ),
        (json!({"orderName": "x", "orderProducts": [1]}), vec!["orderProducts[0]"]),
        (
            json!({"orderName": "x", "orderProducts": [{"productId": "", "price": -1, "quantity": 0}]}),
            vec!["orderProducts[0].productId", "orderProducts[0].price", "orderProducts[0].quantity"],
        ),
        (
            json!({"orderName": "x", "orderProducts": [{"productId": "p", "price": 1, "quantity": 1.5}]}),
            vec!["orderProducts[0].quantity"],
        ),
    ] {
        let (status, problem) = acme.call("POST", "/orders", Some(body.clone())).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let named: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{body}");
    }
    assert_eq!(acme.get("/orders").await.1, json!([]));
}

#[tokio::test]
async fn no_route_opens_to_a_stranger() {
    let named = [
        ("GET", "/orders"),
        ("POST", "/orders"),
        ("GET", "/orders/{key}"),
        ("PUT", "/orders/{key}"),
        ("DELETE", "/orders/{key}"),
    ];
    assert_shut_to_strangers("orders", router(context()), &named).await;
}
