//! Ids: `UUIDv7`, strictly rising within a process, so that stores append.

use std::sync::{Arc, Mutex, PoisonError};

use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;

/// Ids and bits from the system's randomness.
pub struct RandomIds {
    clock: Arc<dyn Clock>,
    state: Mutex<(Sequence, Pool)>,
}

impl RandomIds {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new((Sequence::default(), Pool { bytes: [0; POOL], used: POOL })) }
    }
}

impl Ids for RandomIds {
    fn fill(&self, bytes: &mut [u8]) {
        from_system(bytes);
    }

    fn fresh(&self) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sequence, pool) = &mut *state;
        sequence.next(self.clock.now().millis(), pool.take())
    }
}

/// The same ids and bits for the same seed and times: for tests.
pub struct SeededIds {
    clock: Arc<dyn Clock>,
    state: Mutex<(Sequence, u64)>,
}

impl SeededIds {
    pub fn new(seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new((Sequence::default(), seed)) }
    }
}

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&split_mix(&mut state.1)[..chunk.len()]);
        }
    }

    fn fresh(&self) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = split_mix(&mut state.1);
        state.0.next(self.clock.now().millis(), bits)
    }
}

/// The next number of the `SplitMix64` generator.
fn split_mix(state: &mut u64) -> [u8; 8] {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).to_le_bytes()
}

fn from_system(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        // Nothing safe can be done without it, and the system says it comes only at boot.
        panic!("the system gives no randomness: {error}");
    }
}

const POOL: usize = 2_048;

/// Random bytes for ids, fetched many at a time: an id is not a secret.
struct Pool {
    bytes: [u8; POOL],
    used: usize,
}

impl Pool {
    fn take(&mut self) -> [u8; 8] {
        if self.used + 8 > POOL {
            from_system(&mut self.bytes);
            self.used = 0;
        }
        let mut taken = [0; 8];
        taken.copy_from_slice(&self.bytes[self.used..self.used + 8]);
        self.used += 8;
        taken
    }
}

/// 26 bits that rise within a millisecond.
const COUNTER_BITS: u32 = 26;

#[derive(Default)]
struct Sequence {
    millis: u64,
    counter: u32,
}

impl Sequence {
    /// The next id, from eight random bytes.
    fn next(&mut self, now: i64, bits: [u8; 8]) -> String {
        let now = u64::try_from(now).unwrap_or(0);
        if now > self.millis {
            self.millis = now;
            // From a random start in the lower half, so that ids of one moment do not begin alike everywhere.
            self.counter = u32::from_le_bytes([bits[6], bits[7], 0, 0]);
        } else {
            self.counter += 1;
            if self.counter >> COUNTER_BITS != 0 {
                self.millis += 1;
                self.counter = 0;
            }
        }
        let [_, _, low_high, low] = (self.counter & 0x3fff).to_be_bytes();
        let [_, _, high_high, high] = (self.counter >> 14).to_be_bytes();
        let mut random = [high_high, high, low_high, low, 0, 0, 0, 0, 0, 0];
        random[4..].copy_from_slice(&bits[..6]);
        uuid::Builder::from_unix_timestamp_millis(self.millis, &random).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use tenantry_contract::time::Timestamp;

    use super::*;
    use crate::clock::SystemClock;

    fn clock() -> Arc<dyn Clock> {
        Arc::new(SystemClock::at(Timestamp::from_millis(1_795_000_000_000)))
    }

    #[tokio::test(start_paused = true)]
    async fn ids_rise_and_are_version_7() {
        let ids = RandomIds::new(clock());
        let many: Vec<String> = (0..10_000).map(|_| ids.fresh()).collect();
        assert!(many.is_sorted_by(|a, b| a < b));
        let parsed = uuid::Uuid::parse_str(&many[0]).unwrap();
        assert_eq!(parsed.get_version_num(), 7);
        assert_eq!(parsed.get_timestamp().unwrap().to_unix().0, 1_795_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seed_repeats_and_another_does_not() {
        let (a, again, other) = (SeededIds::new(1, clock()), SeededIds::new(1, clock()), SeededIds::new(2, clock()));
        assert_eq!(a.fresh(), again.fresh());
        assert_ne!(a.fresh(), other.fresh());
        let (mut x, mut y) = ([0; 13], [0; 13]);
        a.fill(&mut x);
        again.fresh();
        again.fill(&mut y);
        assert_eq!(x, y);
        assert_ne!(x, [0; 13]);
    }

    #[test]
    fn the_counter_carries_into_the_time() {
        let mut sequence = Sequence { millis: 5, counter: (1 << COUNTER_BITS) - 1 };
        let before = sequence.next(1, [0; 8]);
        sequence.counter = (1 << COUNTER_BITS) - 1;
        assert!(sequence.next(1, [0; 8]) > before);
    }
}
