//! How much of the writer's time work behind gets. When nothing is in front it has all of it; while requests keep
//! coming it has what they leave, and a small part in any case, so that a burst of them is written down at once and
//! worked off after.

use std::time::{Duration, Instant};

/// One part in so many, however much work is in front: what goes on behind takes the time of more threads than the
/// writer's, and requests want those too.
const PART: u32 = 100;
/// What it saves up at most.
const SAVED: Duration = Duration::from_millis(1);
/// Requests come again and again as long as none of these passes without one.
const LULL: Duration = Duration::from_millis(10);
/// A commit for work behind alone begins no job after this, as a request may have come meanwhile.
const LONGEST: Duration = Duration::from_millis(2);

pub struct Pace {
    /// When there last was work in front.
    front: Option<Instant>,
    /// Since when the writer works.
    working: Option<Instant>,
    /// What requests took of late, less what it rested since.
    asked: Duration,
    saved: Duration,
    owed: Duration,
    /// Until when time was counted.
    counted: Instant,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        let (asked, owed) = (Duration::ZERO, Duration::ZERO);
        Self { front: None, working: None, asked, saved: SAVED, owed, counted: now }
    }

    /// A commit begins, with or without work in front.
    pub fn begin(&mut self, front: bool, now: Instant) {
        self.earn(now);
        self.working = Some(now);
        if front {
            self.front = Some(now);
        }
    }

    /// And has ended.
    pub fn end(&mut self, now: Instant) {
        self.earn(now);
        if let Some(began) = self.working.take()
            && self.front == Some(began)
        {
            self.asked = now.saturating_duration_since(began);
        }
    }

    /// How long until work behind may have a turn, if nothing comes in front.
    pub fn rest(&mut self, now: Instant) -> Duration {
        self.earn(now);
        if self.owed.is_zero() {
            return Duration::ZERO;
        }
        self.lull().min(self.asked + self.owed)
    }

    /// How long until requests have stopped coming, as seen when time was counted.
    fn lull(&self) -> Duration {
        let since = |front| self.counted.saturating_duration_since(front);
        self.front.map_or(Duration::ZERO, |front| LULL.saturating_sub(since(front)))
    }

    /// Whether one more job behind may run in a commit that began then.
    pub fn allows(&mut self, began: Instant, now: Instant) -> bool {
        self.rest(now).is_zero() && now.saturating_duration_since(began) < LONGEST
    }

    /// Work behind took so long, which it owes if there were requests when it was allowed.
    pub fn spend(&mut self, took: Duration) {
        if self.lull().is_zero() {
            return;
        }
        let paid = took.min(self.saved);
        self.saved -= paid;
        self.owed += took.saturating_sub(paid);
    }

    fn earn(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted);
        self.counted = now;
        let mut earned = passed / PART;
        if self.working.is_none() {
            // Requests left so much: not counting a rest as long as they took, in which the next ones are on their way.
            earned = earned.max(passed.saturating_sub(self.asked));
            self.asked = self.asked.saturating_sub(passed);
        }
        let paid = earned.min(self.owed);
        self.owed -= paid;
        self.saved = (self.saved + earned.saturating_sub(paid)).min(SAVED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second in which requests take the writer for so long and then leave it alone for so long, over and over; how
    /// much of it work behind had, in jobs of so long.
    fn behind_had(requests: Option<(Duration, Duration)>, job: Duration) -> Duration {
        let mut now = Instant::now();
        let (end, mut pace, mut had) = (now + Duration::from_secs(1), Pace::new(now), Duration::ZERO);
        let mut next = requests.map(|_| now);
        while now < end {
            let front = next.is_some_and(|next| next <= now);
            let began = now;
            pace.begin(front, now);
            if let (Some((takes, leaves)), true) = (requests, front) {
                now += takes;
                next = Some(now + leaves);
            }
            while pace.allows(began, now) {
                now += job;
                had += job;
                pace.spend(job);
            }
            pace.end(now);
            let rest = pace.rest(now).max(Duration::from_micros(10));
            now = next.map_or(now + rest, |next| (now + rest).min(next.max(now)));
        }
        had
    }

    #[test]
    fn it_has_a_small_part_while_requests_flood() {
        let flood = Some((Duration::from_micros(600), Duration::from_micros(200)));
        for job in [Duration::from_micros(50), Duration::from_millis(3)] {
            let had = behind_had(flood, job);
            assert!((Duration::from_millis(7)..Duration::from_millis(14)).contains(&had), "{had:?}");
        }
    }

    #[test]
    fn it_has_about_half_of_what_requests_leave() {
        let some = Some((Duration::from_micros(300), Duration::from_millis(5)));
        let had = behind_had(some, Duration::from_micros(50));
        assert!((Duration::from_millis(300)..Duration::from_millis(600)).contains(&had), "{had:?}");
    }

    #[test]
    fn it_has_all_there_is_when_nobody_asks() {
        for job in [Duration::from_micros(50), Duration::from_millis(3)] {
            assert!(behind_had(None, job) > Duration::from_millis(800));
        }
    }

    #[test]
    fn nothing_is_owed_for_time_that_nobody_asked_for() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.begin(false, now);
        pace.spend(Duration::from_secs(5));
        pace.begin(true, now + Duration::from_secs(5));
        assert_eq!(pace.rest(now + Duration::from_secs(5)), Duration::ZERO);
    }

    #[test]
    fn a_lull_ends_its_rest() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.begin(true, now);
        pace.end(now);
        pace.spend(Duration::from_secs(5));
        assert_eq!(pace.rest(now), LULL);
        assert_eq!(pace.rest(now + LULL), Duration::ZERO);
    }
}
