//! How long to leave something alone that failed.

use std::time::Duration;

use tenantry_ports::ids::Ids;

/// Twice as long after each failure, up to a limit, and each time by chance between a half and the whole of it, so
/// that what failed together does not come back together.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
}

impl Backoff {
    /// `failures` counts from 1.
    pub fn after(self, failures: u32, ids: &dyn Ids) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        whole / 2 + part(whole / 2, ids)
    }
}

/// By chance, between nothing and all of it.
pub fn part(whole: Duration, ids: &dyn Ids) -> Duration {
    let mut byte = [0];
    ids.fill(&mut byte);
    whole * u32::from(byte[0]) / u32::from(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Ids for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
        fn fresh(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn it_doubles_to_its_limit_within_its_bounds() {
        let backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        let most = |failures| backoff.after(failures, &Fixed(255)).as_millis();
        assert_eq!([1, 2, 3, 4, 5, 99].map(most), [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.after(1, &Fixed(0)).as_millis(), 50);
    }
}
