//! A pause of the whole relay while the bus or the table does not answer: no row is at fault, and all would fail.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_ports::ids::Ids;
use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;

const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

#[derive(Debug, Default)]
pub struct Rest(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
}

impl Rest {
    /// Longer with each failure. Those that come in the pause, of calls that were on their way, do not prolong it.
    pub fn begin(&self, ids: &dyn Ids) -> Instant {
        let (now, mut state) = (Instant::now(), self.state());
        if let Some(until) = state.until.filter(|until| *until > now) {
            return until;
        }
        state.failures = state.failures.saturating_add(1);
        let until = now + BACKOFF.after(state.failures, ids);
        state.until = Some(until);
        until
    }

    /// A call got through.
    pub fn end(&self) {
        *self.state() = State::default();
    }

    pub async fn over(&self) {
        loop {
            let until = self.state().until;
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => return,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
