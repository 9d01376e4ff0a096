//! Requests per day, counted in the store by UTC's day; the count is also what a tenant is metered by.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tenantry_contract::id::TenantId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::usage::{Counted, Usage};
use tenantry_web::Problem;

const DAY: i64 = 86_400;

pub struct DailyQuota {
    usage: Arc<dyn Usage>,
    clock: Arc<dyn Clock>,
    /// Today's number and name, so that it is written out once a day and not once a request.
    today: Mutex<(i64, Arc<str>)>,
}

impl DailyQuota {
    pub fn new(usage: Arc<dyn Usage>, clock: Arc<dyn Clock>) -> Self {
        Self { usage, clock, today: Mutex::new((i64::MIN, Arc::from(""))) }
    }

    pub async fn take(&self, tenant: &TenantId, limit: u64) -> Result<(), Problem> {
        let now = self.clock.now();
        match self.usage.take(tenant, &self.day(now), limit).await? {
            Counted::Within { .. } => Ok(()),
            Counted::Over => {
                let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "The day's requests are used up.");
                Err(problem.retry_after(until_midnight(now)))
            }
        }
    }

    fn day(&self, now: Timestamp) -> Arc<str> {
        let number = now.seconds().div_euclid(DAY);
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.0 != number {
            *today = (number, Arc::from(now.day()));
        }
        Arc::clone(&today.1)
    }
}

fn until_midnight(now: Timestamp) -> Duration {
    Duration::from_secs((DAY - now.seconds().rem_euclid(DAY)).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_at_most_a_day_away() {
        assert_eq!(until_midnight(Timestamp::from_millis(0)).as_secs(), 86_400);
        assert_eq!(until_midnight(Timestamp::from_millis(86_399_999)).as_secs(), 1);
    }
}
