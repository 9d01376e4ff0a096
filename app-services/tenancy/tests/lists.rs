//! A list as a service sends it, however much a tenant keeps.

#![expect(clippy::unwrap_used, reason = "a test that fails here fails loudly")]

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::LINK;
use axum::routing::{get, put};
use serde_json::{Value, json};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_ports::data::{Existing, ITEM_BYTES, PAGE_BYTES, TenantTable};
use tenantry_tenancy::testing::{Caller, MemoryTable, Signer, Speaker, framed};
use tenantry_tenancy::{ListQuery, Rows, Table};
use tenantry_web::{Json, Problem};

type Item = serde_json::Map<String, Value>;

/// A service with two lists of one table, and callers of two tenants.
fn shop(table: Arc<MemoryTable>) -> (Caller, Caller) {
    async fn list(query: ListQuery, rows: Rows) -> Result<axum::response::Response, Problem> {
        query.answer(&rows.list(query.page()).await?)
    }
    async fn keep(rows: Rows, Path(key): Path<String>, Json(item): Json<Item>) -> Result<StatusCode, Problem> {
        let made = rows.insert(&key, item).await?;
        Ok(if made { StatusCode::CREATED } else { StatusCode::CONFLICT })
    }
    let routes = Router::new().route("/shop", get(list)).route("/other", get(list)).route("/shop/{key}", put(keep));
    let signer = Arc::new(Signer::default());
    let routes = framed("shop", Owner::Stage, &signer, routes.with_state(Table::new(table)));
    let caller = |tenant| Caller { router: routes.clone(), token: signer.token(Speaker::Pooled, tenant, "TenantUser") };
    (caller("acme"), caller("globex"))
}

async fn fill(table: &MemoryTable, tenant: &str, count: usize, item: impl Fn(usize) -> Value) {
    let tenant = TenantId::parse(tenant).unwrap();
    for n in 0..count {
        let Value::Object(item) = item(n) else { panic!("an object") };
        table.put(&tenant, &format!("k{n:03}"), item, Existing::Absent).await.unwrap();
    }
}

/// The cursor that an answer's link holds.
async fn cursor(caller: &Caller, path: &str) -> String {
    let (parts, _) = caller.answer("GET", path, None).await;
    let link = parts.headers[LINK].to_str().unwrap().to_owned();
    let (_, token) = link.split_once("next_token=").unwrap();
    token.strip_suffix(">; rel=\"next\"").unwrap().to_owned()
}

#[tokio::test]
async fn no_answer_is_longer_than_a_mebibyte() {
    let table = Arc::new(MemoryTable::default());
    // The longest items there are, of text that grows as JSON.
    fill(&table, "acme", 90, |n| json!({ "n": n, "blob": "\u{1}\n".repeat((ITEM_BYTES - 40) / 8) })).await;
    let (acme, _) = shop(table);
    let pages = acme.pages("/shop").await;
    for page in &pages {
        let bytes = serde_json::to_string(page).unwrap().len();
        assert!(bytes <= PAGE_BYTES, "{bytes} bytes");
        assert!(page.len() >= 31 || page == pages.last().unwrap(), "{} items", page.len());
    }
    let numbers: Vec<_> = pages.iter().flatten().map(|item| item["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..90).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_limit_is_kept_and_the_last_page_has_no_link() {
    let table = Arc::new(MemoryTable::default());
    fill(&table, "acme", 101, |n| json!({ "n": n })).await;
    let (acme, globex) = shop(table);
    let sizes = async |path| acme.pages(path).await.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes("/shop").await, [100, 1]);
    assert_eq!(sizes("/shop?limit=51&next_token=").await, [51, 50]);
    assert_eq!(sizes("/shop?limit=100&other=x").await, [100, 1]);
    assert_eq!(globex.pages("/shop").await, [Vec::<Value>::new()]);
    for bad in ["limit=0", "limit=101", "limit=", "limit=x", "limit=-1"] {
        let (status, problem) = acme.get(&format!("/shop?{bad}")).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("limit")), "{bad}");
        assert!(problem["message"].as_str().unwrap().contains("from 1 to 100"), "{problem}");
    }
}

#[tokio::test]
async fn a_cursor_is_of_one_tenants_one_list() {
    let table = Arc::new(MemoryTable::default());
    fill(&table, "acme", 4, |n| json!({ "n": n })).await;
    fill(&table, "globex", 4, |n| json!({ "n": n + 100 })).await;
    let (acme, globex) = shop(table);
    let token = cursor(&acme, "/shop?limit=2").await;
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{token}");
    let next = format!("/shop?next_token={token}");
    assert_eq!(acme.get(&next).await, (StatusCode::OK, json!([{ "n": 2 }, { "n": 3 }])));
    let cut = format!("/shop?next_token={}", &token[..token.len() - 1]);
    for (caller, path) in [
        (&globex, next.as_str()),
        (&acme, &format!("/other?next_token={token}")),
        (&acme, &cut),
        (&acme, "/shop?next_token=k002"),
    ] {
        let (status, problem) = caller.get(path).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("next_token")), "{path}");
    }
}

#[tokio::test]
async fn an_item_has_32_kib_at_most() {
    let (acme, _) = shop(Arc::new(MemoryTable::default()));
    let of = |bytes: usize| json!({ "blob": "x".repeat(bytes - r#"{"blob":""}"#.len()) });
    assert_eq!(acme.call("PUT", "/shop/a", Some(of(ITEM_BYTES))).await.0, StatusCode::CREATED);
    let (status, problem) = acme.call("PUT", "/shop/b", Some(of(ITEM_BYTES + 1))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(problem["message"].as_str().unwrap().contains("at most 32 KiB"), "{problem}");
    assert_eq!(acme.get("/shop").await.1.as_array().unwrap().len(), 1);
}
