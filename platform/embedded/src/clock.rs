//! Time: the machine's own, or a base carried on by tokio's clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tokio::time::Instant;

/// A step back shorter than this is waited out: time stands still until the machine's clock has caught up, so that
/// moments keep their order. A longer step is a correction, and is followed.
const SMALLEST_CORRECTION: Duration = Duration::from_secs(5);

/// Reads the time since 1970-01-01T00:00:00Z.
type WallClock = dyn Fn() -> Duration + Send + Sync;

/// The machine's time, also after somebody corrected it; or, for simulations, a base and tokio's time since, which
/// stands still in a paused runtime.
#[derive(Clone)]
pub struct SystemClock(Source);

#[derive(Clone)]
enum Source {
    Machine {
        wall: Arc<WallClock>,
        /// The latest time that was read, in milliseconds.
        latest: Arc<AtomicI64>,
    },
    Simulated {
        base: Timestamp,
        since: Instant,
    },
}

impl SystemClock {
    /// Follows the machine's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that the others are sent to")]
    pub fn new() -> Self {
        Self::following(|| std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// Follows a wall clock: `wall` gives the time since 1970-01-01T00:00:00Z.
    pub fn following(wall: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let latest = Arc::new(AtomicI64::new(timestamp(wall()).millis()));
        Self(Source::Machine { wall: Arc::new(wall), latest })
    }

    /// Says `base` now, and goes on by tokio's time.
    pub fn at(base: Timestamp) -> Self {
        Self(Source::Simulated { base, since: Instant::now() })
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SystemClock").field(&self.now()).finish()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Simulated { base, since } => base.plus(since.elapsed()),
            Source::Machine { wall, latest } => read(timestamp(wall()), latest),
        }
    }
}

fn read(wall: Timestamp, latest: &AtomicI64) -> Timestamp {
    let before = Timestamp::from_millis(latest.load(Ordering::Relaxed));
    if wall == before {
        return wall;
    }
    let step_back = before.since(wall);
    if step_back > Duration::ZERO && step_back < SMALLEST_CORRECTION {
        return before;
    }
    // Of several threads that see the same step, the one whose write succeeds logs it.
    let stored = latest.compare_exchange(before.millis(), wall.millis(), Ordering::Relaxed, Ordering::Relaxed);
    if step_back >= SMALLEST_CORRECTION && stored.is_ok() {
        tracing::warn!(seconds = step_back.as_secs(), "the machine's clock was set back; this process follows it");
    }
    wall
}

fn timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp::from_millis(0).plus(since_epoch)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    /// A clock, and the hand that sets the wall clock it follows.
    fn followed(seconds: u64) -> (SystemClock, Arc<AtomicU64>) {
        let hand = Arc::new(AtomicU64::new(seconds));
        let wall = Arc::clone(&hand);
        (SystemClock::following(move || Duration::from_secs(wall.load(Ordering::Relaxed))), hand)
    }

    #[tokio::test(start_paused = true)]
    async fn a_simulated_clock_follows_tokios_time() {
        let clock = SystemClock::at(Timestamp::from_millis(1_000));
        assert_eq!(clock.now().millis(), 1_000);
        tokio::time::advance(Duration::from_millis(250)).await;
        assert_eq!(clock.now().millis(), 1_250);
    }

    #[test]
    fn the_system_knows_the_century() {
        assert!(SystemClock::new().now().day().starts_with("20"));
    }

    #[test]
    fn a_corrected_clock_is_followed_forth_and_back() {
        let (clock, hand) = followed(1_000_000);
        for seconds in [1_000_001, 1_036_001, 1_000_002, 964_000, 964_001] {
            hand.store(seconds, Ordering::Relaxed);
            assert_eq!(clock.now().seconds(), i64::try_from(seconds).unwrap());
            assert_eq!(clock.clone().now(), clock.now(), "a clone follows the same clock");
        }
    }

    #[test]
    fn a_small_step_back_is_waited_out() {
        let (clock, hand) = followed(1_000_000);
        assert_eq!(clock.now().seconds(), 1_000_000);
        hand.store(999_996, Ordering::Relaxed);
        assert_eq!(clock.now().seconds(), 1_000_000, "time stands still");
        hand.store(1_000_001, Ordering::Relaxed);
        assert_eq!(clock.now().seconds(), 1_000_001);
        hand.store(999_996, Ordering::Relaxed);
        assert_eq!(clock.now().seconds(), 999_996, "five seconds are a correction");
    }
}
