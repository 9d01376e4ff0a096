//! A tenant's orders: `{"orderName","orderProducts":[{"productId","price","quantity"}]}`, returned with `orderId`
//! and `tenantId`.

mod order;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use tenantry_ports::ids::Ids;
use tenantry_tenancy::Table;

/// The table of the catalogue this service keeps its items in.
pub const TABLE: &str = "orders";

/// What the routes stand on.
#[derive(Clone, FromRef)]
pub struct Context {
    pub table: Table,
    pub ids: Arc<dyn Ids>,
}

/// The routes, to be put into a [`tenantry_tenancy::Frame`].
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/orders", get(routes::list).post(routes::create))
        .route("/orders/{key}", get(routes::read).put(routes::replace).delete(routes::delete))
        .with_state(context)
}
