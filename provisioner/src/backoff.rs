//! How often something failed and when it may be tried again. In memory only: forgetting it costs a try that
//! comes too early, no more.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::ids::Ids;

/// Of one resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tries {
    pub failed: u32,
    /// How often it was under way, since it last failed.
    pub pending: u32,
    pub not_before: Timestamp,
}

impl Tries {
    pub const NONE: Self = Self { failed: 0, pending: 0, not_before: Timestamp::from_millis(0) };
}

/// Of one owner, in one generation: a newer desired state starts afresh.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    pub generation: u64,
    pub tries: BTreeMap<ResourceId, Tries>,
}

/// Owners whose tries are remembered at most; beyond it those that are long due are forgotten.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<Owner, Patience>>);

impl Memory {
    pub fn take(&self, owner: &Owner, generation: u64) -> Patience {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Patience { generation, tries: BTreeMap::new() };
        if all.is_empty() {
            return fresh;
        }
        all.remove(owner).filter(|known| known.generation == generation).unwrap_or(fresh)
    }

    pub fn keep(&self, owner: &Owner, patience: Patience, now: Timestamp) {
        if patience.tries.is_empty() {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.retain(|_, p| p.tries.values().any(|t| t.not_before > now));
        }
        all.insert(owner.clone(), patience);
    }
}

/// Doubles from `first` to `most` with each failure.
pub(crate) fn pause(failed: u32, first: Duration, most: Duration, ids: &dyn Ids) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    jitter(first.saturating_mul(1 << doublings).min(most), ids)
}

/// What is under way for long is asked less and less often: hundreds of tenants that ask every few milliseconds,
/// as after a restart, would keep busy what they wait for.
pub(crate) fn linger(after: Duration, pending: u32) -> Duration {
    if after >= SELDOM { after } else { after.saturating_mul(1 + pending / OFTEN).min(SELDOM) }
}

/// So many times it is asked as often as the runtime says.
const OFTEN: u32 = 16;
const SELDOM: Duration = Duration::from_millis(500);

/// Three quarters of `around` to five quarters, so that what began together does not stay together.
pub(crate) fn jitter(around: Duration, ids: &dyn Ids) -> Duration {
    let mut bits = [0; 2];
    ids.fill(&mut bits);
    let share = f64::from(u16::from_le_bytes(bits)) / f64::from(u16::MAX);
    around.mul_f64(0.75 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);
    impl Ids for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
        fn fresh(&self) -> String {
            "x".into()
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let (first, most) = (Duration::from_millis(200), Duration::from_secs(5));
        let pauses: Vec<_> = (1..=7).map(|n| pause(n, first, most, &Always(0)).as_millis()).collect();
        assert_eq!(pauses, [150, 300, 600, 1200, 2400, 3750, 3750]);
        assert_eq!(pause(u32::MAX, first, most, &Always(255)), Duration::from_millis(6250));
    }

    #[test]
    fn what_takes_long_is_asked_less_often() {
        let soon = Duration::from_millis(20);
        assert_eq!([0, 15, 16, 32, 1_000].map(|n| linger(soon, n).as_millis()), [20, 20, 40, 60, 500]);
        let slow = Duration::from_secs(5);
        assert_eq!(linger(slow, 1_000), slow, "who says seldom is taken at its word");
        let asked = (0..).scan(Duration::ZERO, |at, n| {
            *at += linger(soon, n);
            Some(*at)
        });
        assert!(asked.take_while(|at| *at < Duration::from_secs(60)).count() < 350);
    }

    #[test]
    fn a_newer_generation_starts_afresh() {
        let memory = Memory::default();
        let id = ResourceId::new("pool", "users");
        let now = Timestamp::from_millis(0);
        let tries = BTreeMap::from([(id, Tries { failed: 3, pending: 0, not_before: now })]);
        memory.keep(&Owner::Stage, Patience { generation: 1, tries: tries.clone() }, now);
        assert_eq!(memory.take(&Owner::Stage, 1).tries.len(), 1);
        memory.keep(&Owner::Stage, Patience { generation: 1, tries }, now);
        assert!(memory.take(&Owner::Stage, 2).tries.is_empty());
    }
}
