//! Time that a test can stop, and ids it can foretell.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tokio::time::Instant;

/// Noon of 2026-11-22, and tokio's time from there.
#[derive(Debug, Clone)]
pub struct TokioClock(Instant);

impl TokioClock {
    pub const START: Timestamp = Timestamp::from_millis(1_795_348_800_000);
}

impl Default for TokioClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Self::START.plus(self.0.elapsed())
    }
}

/// Ids that count from one.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn fresh(&self) -> String {
        format!("id-{:06}", self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
