//! Who may call what: one line a route. A request to a route that is not here is refused, and a test compares
//! this table with the router.

use http::Method;
use tenantry_web::{Access, RouteAccess};

const TENANT_READ: Access = Access::Scope("tenant/tenant_read");
const TENANT_WRITE: Access = Access::Scope("tenant/tenant_write");
const USER_READ: Access = Access::Scope("user/user_read");
const USER_WRITE: Access = Access::Scope("user/user_write");
const PUBLIC: Access = Access::Public;

pub static ROUTES: &[RouteAccess] = &[
    route(Method::POST, "/tenant-registrations", TENANT_WRITE),
    route(Method::GET, "/tenant-registrations", TENANT_READ),
    route(Method::GET, "/tenant-registrations/{id}", TENANT_READ),
    route(Method::PATCH, "/tenant-registrations/{id}", TENANT_WRITE),
    route(Method::DELETE, "/tenant-registrations/{id}", TENANT_WRITE),
    route(Method::POST, "/tenant-registrations/{id}/retry", TENANT_WRITE),
    route(Method::GET, "/tenants", TENANT_READ),
    route(Method::GET, "/tenants/{id}", TENANT_READ),
    route(Method::PUT, "/tenants/{id}", TENANT_WRITE),
    route(Method::GET, "/tenants/{id}/operations", TENANT_READ),
    route(Method::GET, "/tenants/{id}/raw", TENANT_READ),
    route(Method::GET, "/operations/{id}", TENANT_READ),
    route(Method::GET, "/orphans", TENANT_READ),
    route(Method::GET, "/orphans/{id}", TENANT_READ),
    route(Method::DELETE, "/orphans/{id}", TENANT_WRITE),
    route(Method::GET, "/events", TENANT_READ),
    route(Method::GET, "/events/stream", TENANT_READ),
    route(Method::POST, "/users", USER_WRITE),
    route(Method::GET, "/users", USER_READ),
    route(Method::GET, "/users/{id}", USER_READ),
    route(Method::PUT, "/users/{id}", USER_WRITE),
    route(Method::DELETE, "/users/{id}", USER_WRITE),
    route(Method::PUT, "/users/{id}/enable", USER_WRITE),
    route(Method::PUT, "/users/{id}/disable", USER_WRITE),
    route(Method::DELETE, "/users/{id}/disable", USER_WRITE),
    route(Method::GET, "/tenant-config", PUBLIC),
    route(Method::GET, "/tenant-config/{tenantName}", PUBLIC),
    route(Method::GET, "/catalogue", PUBLIC),
    route(Method::GET, "/openapi.json", PUBLIC),
    route(Method::GET, "/docs", PUBLIC),
    route(Method::GET, "/docs/", PUBLIC),
    route(Method::GET, "/docs/{file}", PUBLIC),
    route(Method::GET, "/healthz", PUBLIC),
    route(Method::GET, "/readyz", PUBLIC),
];

const fn route(method: Method, path: &'static str, access: Access) -> RouteAccess {
    RouteAccess { method, path, access }
}
