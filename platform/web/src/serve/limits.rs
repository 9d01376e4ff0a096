//! The bounds of a listener's connections.

use super::files::files;
use crate::http::Proxies;

/// However many files the process may open, memory has its bounds too.
const MOST: usize = 10_000;
const FEWEST: usize = 16;

/// How many connections a listener takes at once, and how many of one address.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    pub total: usize,
    /// The share of one address once three quarters of all are open. `None` is a quarter of `total`.
    pub per_address: Option<usize>,
    /// Proxies that many clients share: their addresses have no share.
    pub proxies: Proxies,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { total: places(), per_address: None, proxies: Proxies::default() }
    }
}

impl ConnectionLimits {
    pub(super) fn share(&self) -> usize {
        self.per_address.unwrap_or(self.total / 4).max(1)
    }

    /// From so many open connections on, the share counts.
    pub(super) fn scarce(&self) -> usize {
        self.total - self.total / 4
    }
}

/// How many connections a listener takes at once: one for every sixth file that the process may open. There may be
/// three listeners, each connection to the gateway may need another one to a service, and stores, logs and services'
/// processes have their files too.
pub fn places() -> usize {
    (files() / 6).clamp(FEWEST, MOST)
}
