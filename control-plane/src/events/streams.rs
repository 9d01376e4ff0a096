//! How many event streams are open: each costs the log a look every few seconds, and none ends by itself for an hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tenantry_web::{Problem, Verified};

/// Of one person or machine.
const OF_ONE: usize = 20;
/// Of all together, however many connections there may be.
const OF_ALL: usize = 500;
/// When it is worth asking again.
const LATER: Duration = Duration::from_secs(10);

/// A person or a machine: whoever an issuer's `sub` is.
type Client = (String, String);

#[derive(Debug)]
pub(crate) struct Streams {
    open: Mutex<Open>,
    most: usize,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    of: HashMap<Client, usize>,
}

/// One of them, until it is dropped.
pub(super) struct Slot {
    streams: Arc<Streams>,
    client: Client,
}

impl Streams {
    /// Beside a listener with so many places, half of which are left to requests that end.
    pub(crate) fn beside(places: usize) -> Self {
        Self { open: Mutex::default(), most: OF_ALL.min(places / 2) }
    }

    pub(super) fn open(self: &Arc<Self>, caller: &Verified) -> Result<Slot, Problem> {
        let client = (caller.issuer.url.clone(), caller.subject.clone());
        let mut open = self.lock();
        if open.of.get(&client).is_some_and(|own| *own >= OF_ONE) {
            let message = format!("You have {OF_ONE} event streams open, which is as many as there may be. Close one.");
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, message).retry_after(LATER));
        }
        if open.all >= self.most {
            return Err(Problem::unavailable("Too many event streams are open. Try again.").retry_after(LATER));
        }
        open.all += 1;
        *open.of.entry(client.clone()).or_default() += 1;
        Ok(Slot { streams: Arc::clone(self), client })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing under this lock can panic half-way through a change.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.all -= 1;
        if let Some(own) = open.of.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                open.of.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_listeners_places_are_no_streams() {
        for (places, most) in [(16, 8), (170, 85), (10_000, OF_ALL)] {
            assert_eq!(Streams::beside(places).most, most);
        }
    }
}
