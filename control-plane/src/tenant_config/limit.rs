//! How often one address may ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::StatusCode;
use http::request::Parts;
use tenantry_ports::clock::Clock;
use tenantry_web::Problem;

use crate::settings::RateLimit;
use crate::state::Shared;

/// Addresses remembered before those that have been quiet are forgotten.
const MANY: usize = 10_000;

pub(crate) struct PublicLimit {
    clock: Ticks,
    limiter: RateLimiter<IpAddr, DashMapStateStore<IpAddr>, Ticks, NoOpMiddleware<Nanos>>,
}

/// The injected clock in the limiter's words.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl GovernorClock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_millis(u64::try_from(self.0.now().millis()).unwrap_or(0)))
    }
}

impl PublicLimit {
    pub fn new(rate: RateLimit, clock: Arc<dyn Clock>) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let clock = Ticks(clock);
        Self { limiter: RateLimiter::dashmap_with_clock(quota, clock.clone()), clock }
    }

    fn take(&self, address: IpAddr) -> Result<(), Duration> {
        if self.limiter.len() > MANY {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&network(address)).map_err(|not| not.wait_time_from(self.clock.now()))
    }
}

/// A household has one IPv4 address and a whole IPv6 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A request that its client's address still had to spare.
pub(crate) struct Spared;

impl FromRequestParts<Shared> for Spared {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Without an address all are one client.
        let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        let heard = app.cp.settings.proxies.heard(peer, &parts.headers);
        let address = heard.map_or(peer, |heard| heard.client);
        app.public_limit.take(address).map(|()| Self).map_err(|wait| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests; try again later").retry_after(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use tenantry_contract::time::Timestamp;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn each_address_has_its_own_share() {
        let hand = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let two = NonZeroU32::new(2).unwrap();
        let limit = PublicLimit::new(RateLimit { per_second: two, burst: two }, hand.clone());
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        assert!(limit.take(one).is_ok() && limit.take(one).is_ok());
        assert_eq!(limit.take(one), Err(Duration::from_millis(500)));
        assert!(limit.take(other).is_ok());
        hand.0.fetch_add(500, Ordering::Relaxed);
        assert!(limit.take(one).is_ok());
    }

    #[test]
    fn a_network_of_version_six_is_one_client() {
        let ip = |text: &str| network(text.parse().unwrap());
        assert_eq!(ip("2001:db8::1"), ip("2001:db8::ffff:2"));
        assert_ne!(ip("2001:db8::1"), ip("2001:db8:0:1::1"));
        assert_eq!(ip("::ffff:192.0.2.1"), IpAddr::from([192, 0, 2, 1]));
    }
}
