//! Drives the binary from outside, as a user would.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "a test may panic, and uses its own part of this"
)]

pub mod books;
pub mod catalogue;
pub mod client;
pub mod leftovers;
pub mod mail;
pub mod system;

use std::future::Future;
use std::time::{Duration, Instant};

/// Asks again until there is an answer; a test that waits for luck would be worse.
pub async fn eventually<T, F, Fut>(what: &str, within: Duration, mut ask: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let end = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "gave up after {within:?} waiting for {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
