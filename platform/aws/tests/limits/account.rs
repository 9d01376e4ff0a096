//! AWS as its documentation has it: a bucket for each family in the account, and every call written down.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tenantry_aws::limits::Family;
use tokio::time::Instant;

#[derive(Debug)]
pub struct Account {
    start: Instant,
    calls: Mutex<HashMap<Family, Vec<Duration>>>,
}

impl Account {
    pub fn new() -> Self {
        Self { start: Instant::now(), calls: Mutex::default() }
    }

    pub fn call(&self, family: Family) {
        self.calls.lock().unwrap().entry(family).or_default().push(self.start.elapsed());
    }

    pub fn calls(&self, family: Family) -> Vec<Duration> {
        self.calls.lock().unwrap().get(&family).cloned().unwrap_or_default()
    }

    pub fn since_start(&self) -> Duration {
        self.start.elapsed()
    }

    /// Fails if in any stretch of time there were more calls than AWS takes in it.
    pub fn hold_against_what_aws_allows(&self) {
        let calls = self.calls.lock().unwrap();
        for (family, at) in calls.iter() {
            let rate = family.rate();
            // From one call to a later one there are at most burst + rate × the time between; so what was called
            // so far less what could flow in never rises above its lowest by more than the burst.
            let (mut called, mut lowest) = (0.0, f64::INFINITY);
            for at in at {
                let flowed = f64::from(rate.per_second) * at.as_secs_f64();
                lowest = f64::min(lowest, called - flowed);
                called += 1.0;
                let most = called - flowed - lowest;
                assert!(most <= f64::from(rate.burst) + 1e-6, "{family}: {most} more than flowed in, at {at:?}");
            }
        }
        assert!(!calls.is_empty());
    }
}
