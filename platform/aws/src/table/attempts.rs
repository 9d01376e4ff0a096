//! Trying again: what was throttled, lost a race, or went unanswered.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use tenantry_ports::ids::Ids;
use tokio::time::Instant;

use super::Database;
use crate::fault::{Fault, Kind};

/// How long one intent may take with all its tries: a client still waits, and a claim is held for longer.
pub(crate) const WITHIN: Duration = Duration::from_secs(10);
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Tries of the SDK's own, for each of ours.
const TRIES: u32 = 3;

/// A client that comes back sooner than those of other services: a table answers in milliseconds, and a claim that is
/// to be renewed cannot wait.
pub(super) fn quick_to_try_again(client: &Client) -> Client {
    let retries = RetryConfig::standard().with_max_attempts(TRIES);
    let retries = retries.with_initial_backoff(FIRST).with_max_backoff(LONGEST);
    Client::from_conf(client.config().to_builder().retry_config(retries).build())
}

/// The tries of one intent, ever further apart, at random so that those who met once do not meet again.
pub struct Attempts<'a> {
    ids: &'a dyn Ids,
    until: Instant,
    made: u32,
}

impl Database {
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts { ids: self.ids(), until: Instant::now() + WITHIN, made: 0 }
    }

    /// Makes a call that may be made twice until it is answered, or time is up.
    pub(crate) async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let mut attempts = self.attempts();
        loop {
            match call().await {
                Err(fault) if passes(&fault) && attempts.again().await => {}
                other => return other,
            }
        }
    }
}

/// Whether the fault may be gone in a moment.
pub(super) fn passes(fault: &Fault) -> bool {
    matches!(fault.kind, Kind::Throttled | Kind::Unanswered(_))
}

impl Attempts<'_> {
    /// Waits for the next try. False if there is no time for one.
    pub async fn again(&mut self) -> bool {
        let longest = FIRST.saturating_mul(1 << self.made.min(10)).min(LONGEST);
        self.made += 1;
        let mut random = [0; 4];
        self.ids.fill(&mut random);
        let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        let pause = longest.mul_f64(share);
        if Instant::now() + pause >= self.until {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}
