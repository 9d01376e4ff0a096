//! The router: every route, guarded by the table.

use std::sync::Arc;

use axum::Router;
use tenantry_ports::store::StoreError;
use tenantry_web::authorize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::routes::ROUTES;
use crate::state::{App, ControlPlane, Shared};
use crate::{about, events, meters, operations, orphans, registrations, tenant_config, tenants, users};

/// Every route of the API, without a listener's outer layers. Fails if the store cannot give the key that seals
/// cursors.
pub async fn router(cp: ControlPlane) -> Result<Router, StoreError> {
    meters::begin();
    let guard = authorize(ROUTES, Arc::clone(&cp.verifier), cp.settings.policy.clone());
    let app: Shared = Arc::new(App::new(cp).await?);
    let (router, _) = routes().split_for_parts();
    Ok(router.route_layer(guard).with_state(app))
}

/// Routes are registered here alone, so that the document cannot lack one.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(registrations::create::handler, registrations::list::handler))
        .routes(routes!(registrations::get::handler, registrations::update::handler, registrations::delete::handler))
        .routes(routes!(registrations::retry::handler))
        .routes(routes!(tenants::list::handler))
        .routes(routes!(tenants::get::handler, tenants::update::handler))
        .routes(routes!(tenants::operations::handler))
        .routes(routes!(tenants::raw::handler))
        .routes(routes!(tenant_config::by_query::handler))
        .routes(routes!(tenant_config::by_name::handler))
        .routes(routes!(users::create::handler, users::list::handler))
        .routes(routes!(users::get::handler, users::update::handler, users::delete::handler))
        .routes(routes!(users::enable::handler))
        .routes(routes!(users::disable::by_put, users::disable::by_delete))
        .routes(routes!(operations::get::handler))
        .routes(routes!(orphans::list::handler))
        .routes(routes!(orphans::get::handler, orphans::remove::handler))
        .routes(routes!(events::list::handler))
        .routes(routes!(events::stream::handler))
        .routes(routes!(about::catalogue::handler))
        .routes(routes!(about::document::handler))
        .routes(routes!(about::docs::entry))
        .routes(routes!(about::docs::page))
        .routes(routes!(about::docs::asset))
        .routes(routes!(about::health::healthz))
        .routes(routes!(about::health::readyz))
}
