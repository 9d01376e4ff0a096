//! A token bucket by the clock port.

use std::time::Duration;

use tenantry_contract::time::Timestamp;

/// So many at once, then one each interval.
#[derive(Debug)]
pub struct Bucket {
    burst: u32,
    every: Duration,
    left: u32,
    /// When `left` was last right.
    since: Timestamp,
}

impl Bucket {
    pub fn full(burst: u32, every: Duration, now: Timestamp) -> Self {
        Self { burst, every, left: burst, since: now }
    }

    /// Takes one if there is one.
    pub fn take(&mut self, now: Timestamp) -> bool {
        // The clock was set back: what was there counts from now on.
        self.since = self.since.min(now);
        let every = self.every.as_millis().max(1);
        let gained = u32::try_from(now.since(self.since).as_millis() / every).unwrap_or(u32::MAX);
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(self.burst);
            self.since = if self.left == self.burst { now } else { self.since.plus(self.every * gained) };
        }
        let had = self.left > 0;
        self.left = self.left.saturating_sub(1);
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_each_interval() {
        let at = |ms: i64| Timestamp::from_millis(1_000_000 + ms);
        let mut bucket = Bucket::full(2, Duration::from_secs(10), at(0));
        assert!(bucket.take(at(0)));
        assert!(bucket.take(at(1)));
        assert!(!bucket.take(at(9_999)));
        assert!(bucket.take(at(10_000)));
        assert!(!bucket.take(at(19_999)));
        assert!(bucket.take(at(20_000)));
        assert!(bucket.take(at(900_000)));
        assert!(bucket.take(at(900_000)));
        assert!(!bucket.take(at(900_000)));
        assert!(!bucket.take(at(100_000)));
        assert!(bucket.take(at(110_000)), "a clock that was set back gives no less");
    }
}
