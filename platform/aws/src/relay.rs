//! The relay: carries events from the outbox, where the writes that are their cause have put them, to the bus. Every
//! role that writes runs one.
//!
//! What this process commits goes from memory, at once but for a moment in which a burst gathers (`fresh`). What is
//! still in the outbox after a while was left by a process that died, or that the bus refused: any relay finds and
//! carries it (`again`). A row is deleted when the bus has accepted its event (`clean`), so that an event may be put
//! twice and is never lost; both carry the `detail.eventId` that it was committed with.

mod again;
mod clean;
mod fresh;
mod held;
mod put;
mod rest;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::held::Held;
use self::rest::Rest;
use crate::bus::AwsBus;
use crate::table::{Database, Pointer};

/// How fast, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// An event that comes after a quiet second waits this long for others to share a call with.
    pub alone: Duration,
    /// An event among others waits this long.
    pub together: Duration,
    /// A row that may be deleted waits this long for others. It is nobody's loss but a relay's that dies meanwhile.
    pub clean: Duration,
    /// Who committed a row has it to itself for so long; longer than a call takes, and than clocks differ.
    pub young: Duration,
    /// How often the outbox is searched for what others left.
    pub sweep: Duration,
    /// When it is stopped, it goes on until nothing has come for this long: requests in flight still commit.
    pub quiet: Duration,
    /// And no longer than this.
    pub last: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            alone: Duration::from_millis(5),
            together: Duration::from_millis(50),
            clean: Duration::from_millis(200),
            young: Duration::from_secs(10),
            sweep: Duration::from_secs(15),
            quiet: Duration::from_millis(500),
            last: Duration::from_secs(15),
        }
    }
}

/// What a process's own relay needs.
pub struct Relay {
    database: Database,
    bus: Arc<AwsBus>,
    pace: Pace,
    /// The rows this relay knows of.
    held: Mutex<Held>,
    rest: Rest,
}

impl Relay {
    /// From here on, what the database commits in this process is kept for the relay.
    pub fn new(database: Database, bus: Arc<AwsBus>) -> Self {
        database.inner.outgoing.open();
        Self { database, bus, pace: Pace::default(), held: Mutex::default(), rest: Rest::default() }
    }

    #[must_use]
    pub fn paced(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Runs until it is stopped and what this process has committed is on the bus. What the bus does not take in the
    /// time that is left stays in the outbox, for another relay.
    pub async fn run(self, stop: CancellationToken) {
        let (accepted, to_clean) = mpsc::unbounded_channel();
        let carrier = Carrier { relay: &self, accepted };
        let stopped = &stop;
        let carrying = async move {
            tokio::join!(carrier.fresh(stopped), carrier.again(stopped));
        };
        let all = async { tokio::join!(carrying, self.clean(to_clean)) };
        tokio::select! {
            _ = all => {}
            () = self.given_up(&stop) => {
                tracing::warn!("the relay is stopped before all events are on the bus; the others find them in the outbox");
            }
        }
    }

    async fn given_up(&self, stop: &CancellationToken) {
        stop.cancelled().await;
        sleep(self.pace.last).await;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.database.inner.outgoing.close();
    }
}

/// A relay, and where it says which rows may be deleted. When it is dropped, no more will follow.
struct Carrier<'a> {
    relay: &'a Relay,
    accepted: mpsc::UnboundedSender<Pointer>,
}
