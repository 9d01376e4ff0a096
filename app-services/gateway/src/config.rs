//! What a gateway stands on, and how it is set.

use std::sync::Arc;
use std::time::Duration;

use tenantry_contract::catalogue::Catalogue;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_ports::routes::Routes;
use tenantry_ports::store::TenantStore;
use tenantry_ports::usage::Usage;
use tenantry_web::Verifier;
use tenantry_web::http::{LOOPBACK, Proxies};

pub struct GatewayDeps {
    pub verifier: Arc<Verifier>,
    pub tenants: Arc<dyn TenantStore>,
    pub routes: Arc<dyn Routes>,
    pub usage: Arc<dyn Usage>,
    pub catalogue: Arc<Catalogue>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Values of `Host` that are served; one without a port stands for any port.
    pub hosts: Vec<String>,
    /// Origins whose pages may call, such as `https://app.example.com`; `*` is all.
    pub origins: Vec<String>,
    /// The longest body a request may have, in bytes.
    pub max_body: u64,
    /// How long a service may take to begin its answer, counted from the end of the request.
    pub upstream_timeout: Duration,
    /// How long a client may take over a body that never quite stops coming.
    pub body_timeout: Duration,
    pub connect_timeout: Duration,
    /// How long a tenant's standing is believed.
    pub standing_ttl: Duration,
    /// What clients see us speak, for `x-forwarded-proto`.
    pub scheme: &'static str,
    /// Whose word counts about who a client is, and how it called.
    pub proxies: Proxies,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            hosts: LOOPBACK.map(str::to_owned).to_vec(),
            origins: Vec::new(),
            max_body: 8 * 1024 * 1024,
            upstream_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(2),
            standing_ttl: Duration::from_secs(2),
            scheme: "http",
            proxies: Proxies::default(),
        }
    }
}
