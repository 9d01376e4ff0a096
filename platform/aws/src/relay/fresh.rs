//! What this process has committed, on its way from memory.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Carrier;
use crate::bus::{MOST, ROOM};
use crate::table::{Load, Published};

/// So many calls are on their way at once.
const AT_ONCE: usize = 8;
/// After so long without an event, the next one comes alone.
const QUIET: Duration = Duration::from_secs(1);

impl Carrier<'_> {
    /// Until it is stopped, and then until nothing more comes.
    pub(super) async fn fresh(&self, stop: &CancellationToken) {
        let mut puts = FuturesUnordered::new();
        loop {
            tokio::select! {
                batch = self.next(stop), if puts.len() < AT_ONCE => match batch {
                    Some(batch) => {
                        // Before anything is waited for: what is neither in memory nor in hand is anybody's.
                        for one in &batch {
                            self.relay.held().take(&one.pointer);
                        }
                        puts.push(self.put(batch.into_iter().map(|one| (one.pointer, one.event)).collect()));
                    }
                    None => break,
                },
                Some(()) = puts.next() => {}
            }
        }
        while puts.next().await.is_some() {}
    }

    async fn next(&self, stop: &CancellationToken) -> Option<Vec<Published>> {
        let (outgoing, pace) = (&self.relay.database.inner.outgoing, &self.relay.pace);
        let load = Load { rows: MOST, bytes: ROOM, alone: pace.alone, together: pace.together, quiet: QUIET };
        let next = async {
            self.relay.rest.over().await;
            outgoing.next(&load).await
        };
        tokio::select! {
            batch = next => return Some(batch),
            () = stop.cancelled() => {}
        }
        // Each is tried once more, whether the bus is well or not.
        let load = Load { alone: Duration::ZERO, together: Duration::ZERO, ..load };
        timeout(pace.quiet, outgoing.next(&load)).await.ok()
    }
}
