//! What the control plane is told by whoever starts it.

use std::num::NonZeroU32;

use tenantry_contract::event::Sources;
use tenantry_contract::id::PoolId;
use tenantry_web::ScopePolicy;
use tenantry_web::http::Proxies;

/// Plain data. URLs are rendered from it when something is read; stores keep pool ids alone, so that a moved
/// port or domain moves every answer with it.
#[derive(Clone)]
pub struct Settings {
    /// Where the gateway answers, such as `http://127.0.0.1:8081`; none if there is no gateway.
    pub gateway_url: Option<String>,
    /// What comes before the pool id in an issuer's URL.
    pub issuer_base: String,
    /// Which group may do what.
    pub policy: ScopePolicy,
    /// How often one address may ask for tenants' configurations, which needs no token.
    pub public_rate: RateLimit,
    /// What the planes call themselves: a report counts from the application plane's alone.
    pub sources: Sources,
    /// Whose word counts about which address that is.
    pub proxies: Proxies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// Generous to an office behind one address, and no use for guessing names.
    pub const DEFAULT: Self =
        Self { per_second: NonZeroU32::new(20).expect("not zero"), burst: NonZeroU32::new(100).expect("not zero") };
}

impl Settings {
    /// Published endpoints end in a slash.
    pub(crate) fn gateway(&self) -> Option<String> {
        self.gateway_url.as_ref().map(|url| format!("{}/", url.trim_end_matches('/')))
    }

    /// The issuer whose tokens a tenant's users carry. An `iss` has no slash at its end.
    pub(crate) fn issuer(&self, pool: &PoolId) -> String {
        format!("{}/{pool}", self.issuer_base.trim_end_matches('/'))
    }
}
