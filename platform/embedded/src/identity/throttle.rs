//! Guessing a password is slowed per user: after a few failures a pause that doubles, as Cognito's does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tenantry_contract::time::Timestamp;

/// Failures that cost nothing.
const FREE: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Sign-ins of one user that may be under way at once: what a race can guess beside what is counted.
const AT_ONCE: u32 = 16;
/// Names remembered; a flood of invented ones forgets the oldest, not the memory of the machine.
const NAMES: usize = 20_000;

#[derive(Default)]
pub(super) struct Throttle(Mutex<HashMap<[u8; 32], Tries>>);

#[derive(Default)]
struct Tries {
    failures: u32,
    under_way: u32,
    until: Timestamp,
    touched: Timestamp,
}

/// Whoever may try, by a digest of pool and name, so that no name is kept.
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    who: [u8; 32],
}

/// Why nobody may try that name now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Locked(Duration),
    /// Too many do.
    Busy,
}

impl Throttle {
    /// Begins an attempt, unless it is too soon. One that is refused does not count.
    pub(super) fn begin(&self, who: [u8; 32], now: Timestamp) -> Result<Attempt<'_>, Refused> {
        let mut map = self.lock();
        if map.len() >= NAMES && !map.contains_key(&who) {
            make_room(&mut map, now);
        }
        let tries = map.entry(who).or_default();
        // A pause beyond the longest is of a clock that was set back since.
        if tries.until > now && tries.until <= now.plus(LONGEST_PAUSE) {
            return Err(Refused::Locked(tries.until.since(now)));
        }
        if tries.under_way >= AT_ONCE {
            return Err(Refused::Busy);
        }
        if now.since(tries.touched) > LONGEST_PAUSE {
            tries.failures = 0;
        }
        tries.under_way += 1;
        tries.touched = now;
        Ok(Attempt { throttle: self, who })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(map: &mut HashMap<[u8; 32], Tries>, now: Timestamp) {
    map.retain(|_, tries| tries.under_way > 0 || now.since(tries.touched) <= LONGEST_PAUSE);
    if map.len() >= NAMES
        && let Some(oldest) = map.iter().min_by_key(|(_, tries)| tries.touched).map(|(who, _)| *who)
    {
        map.remove(&oldest);
    }
}

impl Attempt<'_> {
    pub(super) fn failed(self, now: Timestamp) {
        if let Some(tries) = self.throttle.lock().get_mut(&self.who) {
            tries.failures = tries.failures.saturating_add(1);
            tries.touched = now;
            if tries.failures >= FREE {
                let pause = FIRST_PAUSE.saturating_mul(1 << (tries.failures - FREE).min(20)).min(LONGEST_PAUSE);
                tries.until = now.plus(pause);
            }
        }
    }

    pub(super) fn succeeded(self) {
        if let Some(tries) = self.throttle.lock().get_mut(&self.who) {
            tries.failures = 0;
            tries.until = Timestamp::default();
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut map = self.throttle.lock();
        if let Some(tries) = map.get_mut(&self.who) {
            tries.under_way = tries.under_way.saturating_sub(1);
            if tries.under_way == 0 && tries.failures == 0 {
                map.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn pauses_double_and_success_forgives() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.begin([1; 32], at(100)).ok().unwrap().failed(at(100));
        }
        assert_eq!(throttle.begin([1; 32], at(100)).err(), Some(Refused::Locked(Duration::from_secs(1))));
        assert!(throttle.begin([2; 32], at(100)).is_ok(), "another user is not slowed");
        throttle.begin([1; 32], at(101)).ok().unwrap().failed(at(101));
        assert_eq!(throttle.begin([1; 32], at(101)).err(), Some(Refused::Locked(Duration::from_secs(2))));
        throttle.begin([1; 32], at(103)).ok().unwrap().succeeded();
        assert!(throttle.lock().is_empty());
    }

    #[test]
    fn the_longest_pause_is_a_quarter_of_an_hour_and_then_all_is_forgotten() {
        let throttle = Throttle::default();
        let mut now = 100;
        for _ in 0..30 {
            throttle.begin([1; 32], at(now)).ok().unwrap().failed(at(now));
            now += 15 * 60;
        }
        throttle.begin([1; 32], at(now)).ok().unwrap().failed(at(now));
        // Tries in between change nothing.
        for _ in 0..10 {
            assert!(matches!(throttle.begin([1; 32], at(now + 899)), Err(Refused::Locked(_))));
        }
        now += 15 * 60 + 1;
        for _ in 0..4 {
            throttle.begin([1; 32], at(now)).ok().unwrap().failed(at(now));
        }
        assert!(throttle.begin([1; 32], at(now)).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.begin([1; 32], at(100_000)).ok().unwrap().failed(at(100_000));
        }
        assert!(matches!(throttle.begin([1; 32], at(100_000)), Err(Refused::Locked(_))));
        assert!(throttle.begin([1; 32], at(90_000)).is_ok());
    }

    #[test]
    fn a_race_is_bounded() {
        let throttle = Throttle::default();
        let all: Vec<_> = (0..AT_ONCE).map(|_| throttle.begin([1; 32], at(1)).ok().unwrap()).collect();
        assert_eq!(throttle.begin([1; 32], at(1)).err(), Some(Refused::Busy));
        drop(all);
        assert!(throttle.begin([1; 32], at(1)).is_ok());
    }

    #[test]
    fn invented_names_do_not_fill_the_memory() {
        let throttle = Throttle::default();
        for n in 0..u32::try_from(NAMES).unwrap() + 10 {
            let mut who = [0; 32];
            who[..4].copy_from_slice(&n.to_be_bytes());
            throttle.begin(who, at(1)).ok().unwrap().failed(at(1));
        }
        assert!(throttle.lock().len() <= NAMES);
    }
}
