//! A list as a service sends it, however much a tenant keeps.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::get;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_ports::data::{Existing, PAGE_BYTES, TenantTable};
use tenantry_tenancy::testing::{MemoryTable, Signer, Speaker, framed};
use tenantry_tenancy::{Rows, Table};
use tower::ServiceExt;

#[tokio::test]
async fn a_list_is_never_held_whole() {
    let (signer, table) = (Arc::new(Signer::default()), Arc::new(MemoryTable::default()));
    let acme = TenantId::parse("acme").unwrap();
    for n in 0..12 {
        let Value::Object(item) = json!({ "n": n, "blob": "x".repeat(300_000) }) else { panic!("an object") };
        table.put(&acme, &format!("k{n:02}"), item, Existing::Absent).await.unwrap();
    }
    let routes =
        Router::new().route("/shop", get(async |rows: Rows| rows.send_all().await)).with_state(Table::new(table));
    let shop = framed("shop", Owner::Stage, &signer, routes);
    let token = signer.token(Speaker::Pooled, "acme", "TenantUser");
    let request = Request::get("/shop").header(header::HOST, "localhost");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap();
    let mut body = shop.oneshot(request).await.unwrap().into_body();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let part = frame.unwrap().into_data().unwrap();
        assert!(part.len() <= PAGE_BYTES + 100, "{} bytes at once", part.len());
        whole.extend_from_slice(&part);
    }
    let listed: Vec<Value> = serde_json::from_slice(&whole).unwrap();
    let numbers: Vec<_> = listed.iter().map(|item| item["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..12).collect::<Vec<_>>());
}
