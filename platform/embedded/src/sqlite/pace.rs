//! How much of the writer's time work behind gets. When nothing is in front it has all of it; while requests keep
//! coming it has a part, so that a burst of them is written down at once and worked off after.

use std::time::{Duration, Instant};

/// One part in so many, while there is work in front.
const PART: u32 = 10;
/// What it saves up at most.
const SAVED: Duration = Duration::from_millis(1);
/// Requests come again and again as long as none of these passes without one.
const LULL: Duration = Duration::from_millis(10);
/// A commit for work behind alone begins no job after this, as a request may have come meanwhile.
const LONGEST: Duration = Duration::from_millis(2);

pub struct Pace {
    /// When there last was work in front.
    front: Option<Instant>,
    saved: Duration,
    owed: Duration,
    /// Until when time was counted.
    counted: Instant,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self { front: None, saved: SAVED, owed: Duration::ZERO, counted: now }
    }

    /// A commit begins, with or without work in front.
    pub fn begin(&mut self, front: bool, now: Instant) {
        self.earn(now);
        if front {
            self.front = Some(now);
        }
    }

    /// How long until work behind may have a turn.
    pub fn rest(&mut self, now: Instant) -> Duration {
        self.earn(now);
        let lull = self.front.map_or(Duration::ZERO, |front| LULL.saturating_sub(now.saturating_duration_since(front)));
        lull.min(self.owed * PART)
    }

    /// Whether one more job behind may run in a commit that began then.
    pub fn allows(&mut self, began: Instant, now: Instant) -> bool {
        self.rest(now).is_zero() && now.saturating_duration_since(began) < LONGEST
    }

    /// Work behind took so long.
    pub fn spend(&mut self, took: Duration) {
        let paid = took.min(self.saved);
        self.saved -= paid;
        self.owed += took.saturating_sub(paid);
    }

    fn earn(&mut self, now: Instant) {
        let earned = now.saturating_duration_since(self.counted) / PART;
        self.counted = now;
        let paid = earned.min(self.owed);
        self.owed -= paid;
        self.saved = (self.saved + earned.saturating_sub(paid)).min(SAVED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs jobs of so long whenever it may, for a second, and says how long they had.
    fn behind_had(front: bool, job: Duration) -> Duration {
        let mut now = Instant::now();
        let (end, mut pace, mut had) = (now + Duration::from_secs(1), Pace::new(now), Duration::ZERO);
        while now < end {
            pace.begin(front, now);
            let began = now;
            while pace.allows(began, now) {
                now += job;
                had += job;
                pace.spend(job);
            }
            // The commit, and what is in front.
            now += Duration::from_micros(300);
        }
        had
    }

    #[test]
    fn it_has_a_part_while_requests_come_and_all_there_is_otherwise() {
        for job in [Duration::from_micros(50), Duration::from_millis(3)] {
            let had = behind_had(true, job);
            assert!((Duration::from_millis(90)..Duration::from_millis(115)).contains(&had), "{had:?}");
            assert!(behind_had(false, job) > Duration::from_millis(800));
        }
    }

    #[test]
    fn a_lull_ends_its_rest() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.begin(true, now);
        pace.spend(Duration::from_secs(5));
        assert_eq!(pace.rest(now), LULL);
        assert_eq!(pace.rest(now + LULL), Duration::ZERO);
    }
}
