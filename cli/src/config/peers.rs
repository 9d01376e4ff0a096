//! The settings of who connects: proxies, and the share of one address.

use clap::Args;
use tenantry_web::http::Proxies;

use super::Faults;
use super::file::File;
use super::parse::share;

#[derive(Debug, Args)]
pub struct PeerArgs {
    /// Networks of proxies before the listeners, such as `10.0.0.0/8`: who they say has called, by X-Forwarded-For, is
    /// whom requests are counted for and whom services hear of [default: none]
    #[arg(long, value_name = "NETWORK", value_delimiter = ',', env = "TENANTRY_TRUSTED_PROXY")]
    trusted_proxy: Option<Vec<String>>,
    /// Connections that one address (a /64 for IPv6) may have at a listener while its places are short; a trusted proxy
    /// may have all [default: a quarter of all]
    #[arg(long, value_name = "NUMBER", env = "TENANTRY_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: Option<String>,
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Peers {
    /// Before the listeners, such as load balancers.
    pub proxies: Proxies,
    /// The share of one address in a listener's connections; `None` is the default.
    pub connections_per_address: Option<usize>,
}

impl PeerArgs {
    /// The keys of a configuration file.
    pub const KEYS: [&str; 2] = ["trusted-proxy", "connections-per-address"];

    pub fn check(self, file: &File, faults: &mut Faults) -> Peers {
        let proxies = self.trusted_proxy.or_else(|| file.many("trusted-proxy")).unwrap_or_default();
        let proxies = proxies.iter().filter_map(|text| faults.take("trusted-proxy", text.parse())).collect();
        let per_address = self.connections_per_address.or_else(|| file.one("connections-per-address"));
        let connections_per_address = per_address.and_then(|text| faults.take("connections-per-address", share(&text)));
        Peers { proxies: Proxies::new(proxies), connections_per_address }
    }
}
