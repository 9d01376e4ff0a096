//! Putting rows onto the bus, and what is done about each after that.

use std::time::Duration;

use tenantry_contract::event::Event;
use tokio::time::Instant;

use super::Carrier;
use crate::backoff::Backoff;
use crate::bus::{Entry, Outcome, batches};
use crate::fault::Kind;
use crate::table::Pointer;

/// For a row that the bus did not take this time.
const FAILED: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(60) };
/// For one that it will not take as things are: somebody has to change something first.
const REFUSED: Backoff = Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(60 * 60) };

impl Carrier<'_> {
    /// Puts these, as many to a call as it takes. None is in another's way: an event that cannot go waits alone.
    pub(super) async fn put(&self, rows: Vec<(Pointer, Event)>) {
        let (mut entries, mut pointers) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for (pointer, event) in rows {
            match Entry::new(&event) {
                Ok(entry) => {
                    entries.push(entry);
                    pointers.push(pointer);
                }
                Err(bad) => self.refused(&pointer, &bad.to_string()),
            }
        }
        let mut pointers = pointers.into_iter();
        for batch in batches(entries) {
            let of_batch = pointers.by_ref().take(batch.len()).collect();
            self.put_batch(batch, of_batch).await;
        }
    }

    async fn put_batch(&self, entries: Vec<Entry>, pointers: Vec<Pointer>) {
        let mut calls = vec![(entries, pointers)];
        while let Some((entries, pointers)) = calls.pop() {
            match self.relay.bus.putter().put(&entries).await {
                Ok(outcomes) => {
                    self.relay.rest.end();
                    for ((pointer, entry), outcome) in pointers.into_iter().zip(&entries).zip(outcomes) {
                        self.settle(pointer, entry, outcome);
                    }
                }
                // Some of them may be to blame: each for itself.
                Err(fault) if fault.kind == Kind::Refused && entries.len() > 1 => {
                    calls
                        .extend(entries.into_iter().zip(pointers).map(|(entry, pointer)| (vec![entry], vec![pointer])));
                }
                Err(fault) if fault.kind == Kind::Refused => {
                    for pointer in &pointers {
                        self.refused(pointer, &fault.to_string());
                    }
                }
                Err(fault) => {
                    let until = self.rest();
                    tracing::warn!(error = %fault, events = pointers.len(), "events wait in the outbox for the bus");
                    for pointer in &pointers {
                        self.relay.held().postpone(pointer, until);
                    }
                }
            }
        }
    }

    /// The whole relay pauses until then.
    pub(super) fn rest(&self) -> Instant {
        self.relay.rest.begin(self.relay.database.ids())
    }

    fn settle(&self, pointer: Pointer, entry: &Entry, outcome: Outcome) {
        match outcome {
            Outcome::Accepted => self.done(pointer),
            Outcome::Failed(why) => {
                let ids = self.relay.database.ids();
                let failures = self.relay.held().fail(&pointer, |n| Instant::now() + FAILED.after(n, ids));
                tracing::warn!(event = %entry, failures, why, "the bus did not take an event; it is put again");
            }
            Outcome::Refused(why) => self.refused(&pointer, &format!("{entry}: {why}")),
        }
    }

    /// The row may be deleted.
    pub(super) fn done(&self, pointer: Pointer) {
        // Whoever deletes outlives this; if it does not, the row stays and its event is put again.
        let _ = self.accepted.send(pointer);
    }

    pub(super) fn refused(&self, pointer: &Pointer, why: &str) {
        let ids = self.relay.database.ids();
        let failures = self.relay.held().fail(pointer, |n| Instant::now() + REFUSED.after(n, ids));
        tracing::error!(
            row = %pointer.sk, shard = pointer.shard, failures, why,
            "an event cannot go onto the bus as it is; it stays in the outbox and is tried again from time to time"
        );
    }
}
