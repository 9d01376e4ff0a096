//! Time: a base, and tokio's clock since.

use std::time::UNIX_EPOCH;

use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tokio::time::Instant;

/// The system's time as it was when this was made, carried on by tokio's clock: it never goes back, and stands
/// still in a paused runtime.
#[derive(Debug, Clone)]
pub struct SystemClock {
    base: Timestamp,
    since: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that the others are sent to")]
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::at(Timestamp::from_millis(0).plus(now))
    }

    /// Says `base` now.
    pub fn at(base: Timestamp) -> Self {
        Self { base, since: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.base.plus(self.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_follows_tokios_time() {
        let clock = SystemClock::at(Timestamp::from_millis(1_000));
        assert_eq!(clock.now().millis(), 1_000);
        tokio::time::advance(Duration::from_millis(250)).await;
        assert_eq!(clock.now().millis(), 1_250);
    }

    #[test]
    fn the_system_knows_the_century() {
        assert!(SystemClock::new().now().day().starts_with("20"));
    }
}
