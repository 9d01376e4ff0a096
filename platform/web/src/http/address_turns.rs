//! Costly requests wait for others of their own address, not for everybody's.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::Method;
use tokio::sync::Semaphore;

use super::address_block::AddressBlock;
use super::proxies::Proxies;

/// Whether a request to a path counts.
pub type Counts = fn(&Method, &str) -> bool;

struct AddressTurns {
    proxies: Proxies,
    at_once: usize,
    counts: Counts,
    /// Addresses that have a request under way.
    addresses: Mutex<HashMap<AddressBlock, Arc<Semaphore>>>,
}

/// Removes an address that has no request left.
struct Visit<'a> {
    turns: &'a AddressTurns,
    address: AddressBlock,
    semaphore: Option<Arc<Semaphore>>,
}

/// Lets at most `at_once` requests that count through from one address at a time. Further ones of that address wait,
/// in the order in which they came. The address is the one that a trusted proxy says, or the peer's.
pub fn limit_at_once_per_address(router: Router, proxies: Proxies, at_once: usize, counts: Counts) -> Router {
    let turns = AddressTurns { proxies, at_once, counts, addresses: Mutex::default() };
    router.layer(middleware::from_fn_with_state(Arc::new(turns), run))
}

async fn run(State(turns): State<Arc<AddressTurns>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let Some(peer) = peer.filter(|_| (turns.counts)(request.method(), request.uri().path())) else {
        return next.run(request).await;
    };
    let client = turns.proxies.heard(peer, request.headers()).map_or(peer, |heard| heard.client);
    let visit = turns.visit(client.into());
    let turn = match &visit.semaphore {
        Some(semaphore) => semaphore.acquire().await.ok(),
        None => None,
    };
    let response = next.run(request).await;
    drop(turn);
    response
}

impl AddressTurns {
    fn visit(&self, address: AddressBlock) -> Visit<'_> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore = addresses.entry(address).or_insert_with(|| Arc::new(Semaphore::new(self.at_once)));
        Visit { turns: self, address, semaphore: Some(Arc::clone(semaphore)) }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut addresses = self.turns.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.semaphore.take());
        if addresses.get(&self.address).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            addresses.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::routing::post;
    use http::StatusCode;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;

    fn from(address: &str) -> Request {
        let mut request = Request::post("/sign-in").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
        request
    }

    /// A handler that takes eight requests, refuses more, and answers when told to.
    fn router(go: &Arc<Notify>, counts: Counts) -> Router {
        let (go, places) = (Arc::clone(go), Arc::new(Semaphore::new(8)));
        let handler = async move || {
            let Ok(_place) = places.try_acquire() else { return StatusCode::TOO_MANY_REQUESTS };
            go.notified().await;
            StatusCode::OK
        };
        limit_at_once_per_address(Router::new().route("/sign-in", post(handler)), Proxies::default(), 4, counts)
    }

    /// Sends 20 requests from one address, then one from another, and lets each that is under way be answered.
    async fn flood(counts: Counts) -> StatusCode {
        let go = Arc::new(Notify::new());
        let router = router(&go, counts);
        for n in 0..20 {
            tokio::spawn(router.clone().oneshot(from(&format!("2001:db8::{n}"))));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let other = tokio::spawn(router.oneshot(from("192.0.2.1")));
        tokio::time::sleep(Duration::from_millis(1)).await;
        go.notify_waiters();
        other.await.unwrap().unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_from_one_address_refuses_no_other_address() {
        assert_eq!(flood(|_, _| true).await, StatusCode::OK);
        assert_eq!(flood(|_, _| false).await, StatusCode::TOO_MANY_REQUESTS);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_without_a_request_are_forgotten() {
        let turns =
            AddressTurns { proxies: Proxies::default(), at_once: 1, counts: |_, _| true, addresses: Mutex::default() };
        let address = |text: &str| AddressBlock::from(text.parse::<std::net::IpAddr>().unwrap());
        let (one, again) = (turns.visit(address("192.0.2.1")), turns.visit(address("192.0.2.1")));
        drop(one);
        assert_eq!(turns.addresses.lock().unwrap().len(), 1);
        drop(again);
        assert!(turns.addresses.lock().unwrap().is_empty());
    }
}
