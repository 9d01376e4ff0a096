//! Time, injected.

use tenantry_contract::time::Timestamp;

/// Base plus tokio's time, so that a paused runtime controls everything.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}
