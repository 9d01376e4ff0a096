//! Requests per second: each tenant has a bucket of its own, as large as its tier says.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::StatusCode;
use tenantry_contract::catalogue::{Catalogue, Limits};
use tenantry_contract::id::TenantId;
use tenantry_web::Problem;
use tokio::time::Instant;

/// Tokio's time, which a test can stop.
#[derive(Debug, Clone)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type Buckets = RateLimiter<TenantId, DashMapStateStore<TenantId>, TokioClock, NoOpMiddleware<Duration>>;

/// One set of buckets per tier of the catalogue.
pub struct Throttle(Vec<Buckets>);

impl Throttle {
    pub fn new(catalogue: &Catalogue) -> Self {
        let clock = TokioClock(Instant::now());
        let buckets = |limits| RateLimiter::new(quota(limits), DashMapStateStore::<TenantId>::default(), clock.clone());
        Self(catalogue.tiers.iter().map(|tier| buckets(&tier.limits)).collect())
    }

    /// Takes one from the tenant's bucket.
    pub fn take(&self, tier: usize, tenant: &TenantId) -> Result<(), Problem> {
        let Some(buckets) = self.0.get(tier) else { return Ok(()) };
        buckets.check_key(tenant).map_err(|until| {
            let wait = until.wait_time_from(buckets.clock().now());
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests a second.").retry_after(wait)
        })
    }

    /// Forgets full buckets: a new one would be the same.
    pub fn forget_idle(&self) {
        for buckets in &self.0 {
            buckets.retain_recent();
            buckets.shrink_to_fit();
        }
    }
}

fn quota(limits: &Limits) -> Quota {
    // A catalogue refuses zeros.
    let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(limits.requests_per_second)).allow_burst(at_least_one(limits.burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    fn passed(throttle: &Throttle, tenant: &TenantId, tries: usize) -> usize {
        (0..tries).filter(|_| throttle.take(0, tenant).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn each_tenant_has_a_bucket_that_fills_at_its_rate() {
        let throttle = Throttle::new(&Catalogue::parse(Catalogue::DEFAULT).unwrap());
        let (acme, globex) = (tenant("acme"), tenant("globex"));
        assert_eq!(passed(&throttle, &acme, 50), 10);
        assert_eq!(passed(&throttle, &globex, 50), 10);
        tokio::time::advance(Duration::from_millis(301)).await;
        assert_eq!(passed(&throttle, &acme, 50), 3);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(passed(&throttle, &acme, 50), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn only_full_buckets_are_forgotten() {
        let throttle = Throttle::new(&Catalogue::parse(Catalogue::DEFAULT).unwrap());
        let acme = tenant("acme");
        assert_eq!(passed(&throttle, &acme, 50), 10);
        throttle.forget_idle();
        assert_eq!(passed(&throttle, &acme, 50), 0);
        tokio::time::advance(Duration::from_secs(60)).await;
        throttle.forget_idle();
        assert!(throttle.0[0].is_empty());
    }
}
