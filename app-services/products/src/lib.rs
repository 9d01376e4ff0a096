//! A tenant's products: `{"name","price","sku","category"}`, returned with `productId` and `tenantId`.
//! `sku` is a text or a number. Other members are kept and returned.

mod product;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use tenantry_ports::ids::Ids;
use tenantry_tenancy::Table;

/// The table of the catalogue this service keeps its items in.
pub const TABLE: &str = "products";

/// What the routes stand on.
#[derive(Clone, FromRef)]
pub struct Context {
    pub table: Table,
    pub ids: Arc<dyn Ids>,
}

/// The routes, to be put into a [`tenantry_tenancy::Frame`].
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/products", get(routes::list).post(routes::create))
        .route("/products/{key}", get(routes::read).put(routes::replace).delete(routes::delete))
        .with_state(context)
}
