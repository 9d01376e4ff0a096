//! What is left in the outbox: by a relay that died, by a process whose write went unanswered, or by the bus, which
//! refused it.

use futures::future::join_all;
use tenantry_ports::store::StoreError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Carrier;
use crate::backoff::part;
use crate::bus::MOST;
use crate::table::{Item, Pointer, Query, Read as _, SHARDS, expires_soon, moment, sharded, stored_event};

/// A page of a shard.
const PAGE: usize = 100;
/// A search ends when so many are found, and goes on when they are done with.
const FOUND: usize = 1_000;
/// So many are read at once, each row with its event.
const READ: usize = 50;

impl Carrier<'_> {
    /// Until it is stopped.
    pub(super) async fn again(&self, stop: &CancellationToken) {
        let mut search = Instant::now();
        while !stop.is_cancelled() {
            let due = self.relay.held().take_due(Instant::now(), READ);
            if !due.is_empty() {
                self.retry(due).await;
            } else if Instant::now() >= search {
                search = self.search().await;
            } else {
                let next = self.relay.held().next().map_or(search, |due| due.min(search));
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep_until(next) => {}
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.relay.rest.over() => {}
            }
        }
    }

    /// Returns when to search again.
    async fn search(&self) -> Instant {
        let sweep = self.relay.pace.sweep;
        match self.sweep().await {
            Ok(true) => Instant::now() + sweep / 2 + part(sweep, self.relay.database.ids()),
            // There is more.
            Ok(false) => Instant::now(),
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be searched for what was left in it");
                self.rest()
            }
        }
    }

    /// Looks through all shards for rows that are not young. False if it found so many that it stopped before the end.
    async fn sweep(&self) -> Result<bool, StoreError> {
        let relay = self.relay;
        let young = i64::try_from(relay.pace.young.as_millis()).unwrap_or(i64::MAX);
        let now = relay.database.now().millis();
        let before = moment(tenantry_contract::time::Timestamp::from_millis(now.saturating_sub(young)));
        // Not all relays at the same shard at the same time.
        let mut first = [0];
        relay.database.ids().fill(&mut first);
        let mut found = 0;
        for n in 0..SHARDS {
            let shard = sharded("outbox", (first[0] % SHARDS + n) % SHARDS);
            let mut query = Query::of(&shard).before(&before);
            loop {
                let page = relay.database.query(&query, PAGE).await?;
                let rows: Vec<Pointer> = page.iter().filter_map(read).collect();
                // With nothing in between to wait for, so that no row is in the queue and then in hand unseen.
                let waiting = relay.database.inner.outgoing.waiting();
                let now = Instant::now();
                found +=
                    rows.iter().filter(|row| !waiting.contains(row) && relay.held().find((*row).clone(), now)).count();
                if found >= FOUND {
                    return Ok(false);
                }
                // From the last item, readable or not.
                match page.last().map(|last| last.text("sk")) {
                    Some(Ok(last)) if page.len() == PAGE => query = Query::of(&shard).before(&before).after(last),
                    _ => break,
                }
            }
        }
        Ok(true)
    }

    /// Puts those that are still there: another relay may have been faster.
    async fn retry(&self, due: Vec<Pointer>) {
        let relay = self.relay;
        let keys = due.iter().flat_map(|row| [row.key(), row.event()]).collect();
        let items = match relay.database.get_all(keys).await {
            Ok(items) => items,
            Err(error) => {
                tracing::warn!(%error, rows = due.len(), "rows of the outbox could not be read");
                let until = self.rest();
                for row in &due {
                    relay.held().postpone(row, until);
                }
                return;
            }
        };
        let mut rows = Vec::with_capacity(due.len());
        for row in due {
            if !items.contains_key(&row.key()) {
                relay.held().forget(&row);
                continue;
            }
            match items.get(&row.event()).map(stored_event) {
                Some(Ok(event)) => {
                    self.keep_on(&row, &items[&row.event()]).await;
                    rows.push((row, event));
                }
                Some(Err(broken)) => self.refused(&row, &broken.to_string()),
                None => {
                    tracing::error!(row = %row.sk, shard = row.shard, "an event is gone from the log before it was on the bus");
                    self.done(row);
                }
            }
        }
        let mut puts = Vec::new();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(MOST));
            puts.push(self.put(std::mem::replace(&mut rows, rest)));
        }
        join_all(puts).await;
    }
}

impl Carrier<'_> {
    /// The bus may refuse for longer than the log keeps an event: as long as a relay tries, it is kept on.
    async fn keep_on(&self, row: &Pointer, event: &Item) {
        if !expires_soon(event, self.relay.database.now()) {
            return;
        }
        let mut intent = self.relay.database.intent();
        intent.keep_on(row);
        if let Err(error) = intent.commit().await {
            tracing::warn!(%error, row = %row.sk, "an event that is not on the bus yet could not be kept on");
        }
    }
}

fn read(item: &Item) -> Option<Pointer> {
    match Pointer::read(item) {
        Ok(row) => Some(row),
        Err(error) => {
            tracing::error!(%error, "a row of the outbox names no event");
            None
        }
    }
}
