//! A consumer's end of the bus.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::{BusError, Consumer, DeadLetter, Delivery, Inbox, MAX_RECEIVES, Receipt};
use tokio::time::{Instant, sleep, sleep_until};

use super::queue::{Due, Out, Queue, Turn};
use super::rows;
use crate::database::Database;
use crate::sqlite::{Guard, SqliteError};

pub struct LogInbox {
    pub database: Database,
    pub consumer: Consumer,
}

#[async_trait]
impl Inbox for LogInbox {
    async fn receive(&self, max: usize, wait: Duration, hide: Duration) -> Result<Vec<Delivery>, BusError> {
        let deadline = Instant::now() + wait;
        loop {
            // Before looking, so that nothing that comes meanwhile goes unnoticed.
            let mut changed = std::pin::pin!(self.queue().worth_a_look.notified());
            changed.as_mut().enable();
            let taken = self.take(max, hide).await?;
            if !taken.is_empty() {
                return Ok(taken);
            }
            tokio::select! {
                () = sleep_until(deadline) => return Ok(taken),
                () = changed => {}
                () = self.until_visible() => {}
            }
        }
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BusError> {
        let turns = self.turns(&receipts);
        Ok(self.finish(turns, |_| Ok(())).await?)
    }

    async fn retry_after(&self, receipt: Receipt, after: Duration) -> Result<(), BusError> {
        let turns = self.turns(std::slice::from_ref(&receipt));
        let visible_at = self.now().plus(after);
        self.hide(&turns, visible_at).await?;
        {
            let mut state = self.queue().lock();
            // Meanwhile its time may have run out, so that somebody else has it, or it may have been acknowledged.
            if let Some(Turn { seq, receives }) = state.stands_for(&receipt) {
                state.put(seq, Out { receives, visible_at, kept: true });
            }
        }
        self.queue().worth_a_look.notify_waiters();
        Ok(())
    }

    async fn reject(&self, receipt: Receipt, reason: &str) -> Result<(), BusError> {
        let turns = self.turns(std::slice::from_ref(&receipt));
        Ok(self.bury(turns, reason.to_owned()).await?)
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, BusError> {
        let consumer = self.consumer;
        Ok(self.database.inner.sqlite.read(move |c| rows::dead_letters(c, consumer, limit)).await?)
    }
}

impl LogInbox {
    fn queue(&self) -> &Queue {
        self.database.inner.queues.of(self.consumer)
    }

    fn now(&self) -> Timestamp {
        self.database.inner.clock.now()
    }

    async fn until_visible(&self) {
        let next = self.queue().lock().next_visible();
        match next {
            Some(at) => sleep(at.since(self.now())).await,
            None => std::future::pending().await,
        }
    }

    /// What the receipts that are still good stand for.
    fn turns(&self, receipts: &[Receipt]) -> Vec<Turn> {
        let state = self.queue().lock();
        receipts.iter().filter_map(|receipt| state.stands_for(receipt)).collect()
    }

    async fn take(&self, max: usize, hide: Duration) -> Result<Vec<Delivery>, SqliteError> {
        let due = self.queue().lock().take_due(self.now(), hide, max);
        let mut taken = match self.redeliver(&due, hide).await {
            Ok(taken) => taken,
            Err(e) => {
                self.queue().lock().undo(&due);
                return Err(e);
            }
        };
        if taken.len() < max {
            taken.extend(self.read_on(max - taken.len(), hide).await?);
        }
        Ok(taken)
    }

    async fn redeliver(&self, due: &Due, hide: Duration) -> Result<Vec<Delivery>, SqliteError> {
        if !due.hopeless.is_empty() {
            let turns = due.hopeless.iter().map(|seq| Turn { seq: *seq, receives: MAX_RECEIVES }).collect();
            self.bury(turns, format!("delivered {MAX_RECEIVES} times and never acknowledged")).await?;
        }
        if due.again.is_empty() {
            return Ok(Vec::new());
        }
        let again = self.hide(&due.again, self.now().plus(hide)).await?;
        self.again(again).await
    }

    async fn again(&self, turns: Vec<Turn>) -> Result<Vec<Delivery>, SqliteError> {
        let read = self.database.inner.sqlite.read(move |c| {
            let mut found = Vec::with_capacity(turns.len());
            for turn in turns {
                found.extend(rows::body(c, turn.seq)?.map(|body| delivery(turn, body)));
            }
            Ok(found)
        });
        read.await
    }

    /// Messages that were never delivered.
    async fn read_on(&self, max: usize, hide: Duration) -> Result<Vec<Delivery>, SqliteError> {
        let Database { inner } = &self.database;
        let _alone = self.queue().reading.lock().await;
        let (mut taken, consumer) = (Vec::new(), self.consumer);
        loop {
            let (after, until, wanted) = (self.queue().lock().read_to, *inner.newest.borrow(), max - taken.len());
            if after >= until || wanted == 0 {
                return Ok(taken);
            }
            let found = inner.sqlite.read(move |c| rows::read_on(c, consumer, after, until, wanted)).await?;
            let visible_at = self.now().plus(hide);
            let mut state = self.queue().lock();
            state.read_to = if found.len() < wanted { until } else { found.last().map_or(until, |(seq, _)| *seq) };
            for (seq, body) in found {
                // Done with, or already counted among the failed, before a restart.
                if state.done.remove(&seq) || state.out.contains_key(&seq) {
                    continue;
                }
                let turn = Turn { seq, receives: 1 };
                state.put(seq, Out { receives: 1, visible_at, kept: false });
                taken.push(delivery(turn, body));
            }
        }
    }

    /// Writes down that these are hidden until then. Returns those that are: one may be done with meanwhile.
    async fn hide(&self, turns: &[Turn], until: Timestamp) -> Result<Vec<Turn>, SqliteError> {
        let (hidden, consumer, database) = (turns.to_vec(), self.consumer, self.database.clone());
        let hide = move |c: &rusqlite::Connection| {
            database.inner.queues.of(consumer).lock().keep(&hidden);
            hidden.iter().try_for_each(|turn| rows::hide(c, consumer, *turn, until))
        };
        self.database.inner.behind.write(hide).await?;
        let (out, done): (Vec<Turn>, Vec<Turn>) = {
            let state = self.queue().lock();
            turns.iter().partition(|turn| state.out.contains_key(&turn.seq))
        };
        if !done.is_empty() {
            // What was just written would bring it again after a restart.
            let done: Vec<i64> = done.iter().map(|turn| turn.seq).collect();
            self.database.inner.behind.write(move |c| rows::forget(c, consumer, &done)).await?;
        }
        Ok(out)
    }

    async fn bury(&self, turns: Vec<Turn>, reason: String) -> Result<(), SqliteError> {
        let (consumer, now) = (self.consumer, self.now());
        let buried = turns.clone();
        self.finish(turns, move |c| buried.iter().try_for_each(|turn| rows::bury(c, consumer, turn.seq, &reason, now)))
            .await
    }

    /// Takes messages out of the queue for good, and does `more` in the same write.
    async fn finish(
        &self,
        turns: Vec<Turn>,
        more: impl FnOnce(&rusqlite::Connection) -> Result<(), rusqlite::Error> + Send + 'static,
    ) -> Result<(), SqliteError> {
        if turns.is_empty() {
            return Ok(());
        }
        let done: BTreeSet<i64> = turns.iter().map(|turn| turn.seq).collect();
        let low = self.queue().lock().low_without(&done);
        let (database, consumer, written) = (self.database.clone(), self.consumer, done.clone());
        let within = database.clone();
        self.database
            .inner
            .behind
            .write_then(
                Guard::Savepoint,
                move |c| {
                    more(c)?;
                    // Writes come one after the other: whichever of them hid one is known here.
                    let kept = within.inner.queues.of(consumer).lock().kept(&written);
                    rows::ack(c, consumer, &written, &kept, low)
                },
                move |()| {
                    // Only now: one whose write fails comes again.
                    let mut state = database.inner.queues.of(consumer).lock();
                    for seq in done {
                        state.remove(seq);
                    }
                },
            )
            .await
    }
}

fn delivery(turn: Turn, body: Vec<u8>) -> Delivery {
    Delivery { receipt: turn.receipt(), body, receives: turn.receives }
}
