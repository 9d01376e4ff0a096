//! Each handler extracts, calls and maps.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use tenantry_ports::ids::Ids;
use tenantry_tenancy::{Key, ListQuery, Rows, Tenant};
use tenantry_web::{Json, Problem};

use crate::order::Order;

type Body = Json<Map<String, Value>>;

pub async fn list(query: ListQuery, rows: Rows) -> Result<Response, Problem> {
    let page = rows.list(query.page()).await?;
    query.answer(&page)
}

pub async fn create(
    tenant: Tenant,
    rows: Rows,
    State(ids): State<Arc<dyn Ids>>,
    Json(body): Body,
) -> Result<Response, Problem> {
    let order = Order::parse(body)?;
    let key = Key(ids.fresh());
    let item = order.item(&tenant, &key);
    if rows.insert(&key.0, item.clone()).await? {
        Ok((StatusCode::CREATED, Json(item)).into_response())
    } else {
        Err(Problem::conflict("That order exists already."))
    }
}

pub async fn read(rows: Rows, key: Key) -> Result<Response, Problem> {
    match rows.get(&key.0).await? {
        Some(item) => Ok(Json(item).into_response()),
        None => Err(missing()),
    }
}

pub async fn replace(tenant: Tenant, rows: Rows, key: Key, Json(body): Body) -> Result<Response, Problem> {
    let item = Order::parse(body)?.item(&tenant, &key);
    if rows.replace(&key.0, item.clone()).await? { Ok(Json(item).into_response()) } else { Err(missing()) }
}

pub async fn delete(rows: Rows, key: Key) -> Result<StatusCode, Problem> {
    if rows.remove(&key.0).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

fn missing() -> Problem {
    Problem::not_found("Not found.")
}
