//! A tenant's own users, for its admins: `{"userName","userEmail","userRole"}`, shown as
//! `{"username","email","user_role","status","enabled","created","modified"}`.

mod name;
mod routes;
mod user;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tenantry_ports::identity::TenantUsers;

/// What the routes stand on.
#[derive(Clone)]
pub struct Context {
    pub users: Arc<dyn TenantUsers>,
}

/// The routes, to be put into a [`tenantry_tenancy::Frame`].
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/users", get(routes::list).post(routes::create))
        .route("/users/{username}", get(routes::read).put(routes::update).delete(routes::delete))
        .with_state(context)
}
