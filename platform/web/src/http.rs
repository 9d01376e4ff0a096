//! The outer layers every listener has, around any router.

mod address_block;
mod address_turns;
mod body;
mod cors;
mod edge;
mod host;
mod latency;
mod path;
mod proxies;
mod request_id;
mod route;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tenantry_ports::ids::Ids;

pub use self::address_block::AddressBlock;
pub use self::address_turns::limit_at_once_per_address;
pub use self::body::limit_of;
pub use self::edge::AsIs;
pub use self::host::{LOOPBACK, not_served};
pub use self::proxies::{Forwarded, Network, Proxies, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};
pub use self::request_id::RequestId;

/// How a listener is hardened.
#[derive(Clone)]
pub struct HttpOptions {
    /// Where ids of requests and spans come from.
    pub ids: Arc<dyn Ids>,
    /// Values of `Host` that are served; one without a port stands for any port. Health and readiness are
    /// served whatever it says.
    pub hosts: Vec<String>,
    /// Whether any address is served that a client called us by. No page can get a name past this check: what it
    /// calls us by is an address only if that is what it called.
    pub by_address: bool,
    /// Origins whose pages may call, such as `https://app.example.com`; `*` is all.
    pub cors_origins: Vec<String>,
    /// The largest body of a request, in bytes.
    pub body_limit: u64,
    /// How long until the head of an answer.
    pub timeout: Duration,
}

impl HttpOptions {
    /// Loopback names, no foreign origin, 256 KiB, 30 seconds.
    pub fn new(ids: Arc<dyn Ids>) -> Self {
        Self {
            ids,
            hosts: LOOPBACK.map(str::to_owned).to_vec(),
            by_address: false,
            cors_origins: Vec::new(),
            body_limit: 256 * 1024,
            timeout: Duration::from_secs(30),
        }
    }
}

/// Puts the outer layers around a router: request id and trace, check of `Host`, CORS, duplicate slashes, limit
/// and deadline, problem documents for what no handler answered, panics caught, a span and a measurement.
/// Install metrics before, or they are not measured.
pub fn harden(router: Router, options: HttpOptions) -> Router {
    // The edge limits bodies, of handlers that read streams too.
    let inner = router.layer(middleware::from_fn(route::note)).layer(DefaultBodyLimit::disable());
    let edge = Arc::new(edge::Edge::new(options));
    // A path is mended before it is routed, so the routes are one service to the layer that mends it.
    Router::new().fallback_service(inner).layer(middleware::from_fn_with_state(edge, edge::run))
}
