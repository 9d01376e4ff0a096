//! One token bucket, as the moment at which it would be full again.

use std::time::Duration;

use super::family::Pace;

/// Those who are told to come back are spread over at most this long.
const SPREAD: Duration = Duration::from_secs(60);

/// All moments are counted from one start.
#[derive(Debug)]
pub(crate) struct Bucket {
    pace: Pace,
    /// When it is full if nobody takes anything more. Turns that are given out and not yet due count.
    full_at: Duration,
    /// The moment the last one who was sent away is told to come back.
    told: Duration,
}

impl Bucket {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, full_at: Duration::ZERO, told: Duration::ZERO }
    }

    /// The moment of the next turn, which is given to the caller; or, if that is further away than the caller
    /// would wait, how long to stay away.
    pub(crate) fn take(&mut self, now: Duration, patience: Duration) -> Result<Duration, Duration> {
        let turn = now.max(self.full_at.saturating_sub(self.pace.every * (self.pace.burst - 1)));
        if turn.saturating_sub(now) > patience {
            if self.told < turn || self.told.saturating_sub(turn) > SPREAD {
                self.told = turn;
            }
            let again = self.told;
            self.told += self.pace.every;
            return Err(again.saturating_sub(now));
        }
        self.full_at = self.full_at.max(turn) + self.pace.every;
        Ok(turn)
    }

    /// Nothing is left in it.
    pub(crate) fn drain(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now + self.pace.every * self.pace.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn bucket(burst: u32, every: u64) -> Bucket {
        Bucket::new(Pace { burst, every: ms(every) })
    }

    #[test]
    fn a_burst_then_one_each_interval_in_turn() {
        let mut bucket = bucket(3, 100);
        let turns: Vec<_> = (0..6).map(|_| bucket.take(ms(0), ms(1000)).unwrap()).collect();
        assert_eq!(turns, [ms(0), ms(0), ms(0), ms(100), ms(200), ms(300)]);
        // Those turns are given away: who comes in between comes after them.
        assert_eq!(bucket.take(ms(250), ms(1000)), Ok(ms(400)));
        // Left alone, it fills up, and no further than the burst.
        let turns: Vec<_> = (0..4).map(|_| bucket.take(ms(5000), ms(1000)).unwrap()).collect();
        assert_eq!(turns, [ms(5000), ms(5000), ms(5000), ms(5100)]);
    }

    #[test]
    fn who_would_wait_too_long_takes_nothing_and_is_told_when() {
        let mut bucket = bucket(1, 1000);
        assert_eq!(bucket.take(ms(0), ms(0)), Ok(ms(0)));
        assert_eq!(bucket.take(ms(0), ms(500)), Err(ms(1000)));
        assert_eq!(bucket.take(ms(0), ms(500)), Err(ms(2000)));
        assert_eq!(bucket.take(ms(100), ms(500)), Err(ms(2900)));
        assert_eq!(bucket.take(ms(1000), ms(500)), Ok(ms(1000)));
    }

    #[test]
    fn a_drained_one_gives_nothing_for_an_interval() {
        let mut bucket = bucket(5, 100);
        bucket.drain(ms(1000));
        assert_eq!(bucket.take(ms(1000), ms(1000)), Ok(ms(1100)));
        assert_eq!(bucket.take(ms(1000), ms(1000)), Ok(ms(1200)));
    }
}
