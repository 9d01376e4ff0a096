//! Deleting the rows whose events the bus has accepted.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout_at};

use super::Relay;
use crate::backoff::Backoff;
use crate::fault::Fault;
use crate::table::{Pointer, Table};

/// `BatchWriteItem` takes so many.
const MOST: usize = 25;
const AT_ONCE: usize = 4;
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(30) };

/// Rows that wait for others to share a call with.
#[derive(Default)]
struct Gathered {
    rows: BTreeSet<Pointer>,
    since: Option<Instant>,
}

impl Relay {
    /// Until no more can come, and all are deleted.
    pub(super) async fn clean(&self, mut accepted: UnboundedReceiver<Pointer>) {
        let mut deletes = FuturesUnordered::new();
        let mut gathered = Gathered::default();
        loop {
            tokio::select! {
                rows = gathered.next(&mut accepted, self.pace.clean), if deletes.len() < AT_ONCE => match rows {
                    Some(rows) => deletes.push(self.delete(rows)),
                    None => break,
                },
                Some(()) = deletes.next() => {}
            }
        }
        while deletes.next().await.is_some() {}
    }

    /// Tries until it is done: what is not deleted here would be put a second time by another relay.
    async fn delete(&self, mut rows: Vec<Pointer>) {
        for failures in 1.. {
            match self.delete_some(&rows).await {
                Ok(left) => {
                    rows.iter().filter(|row| !left.contains(row)).for_each(|row| self.held().forget(row));
                    rows = left;
                }
                Err(error) => {
                    tracing::warn!(%error, rows = rows.len(), "rows of the outbox could not be deleted; trying again");
                }
            }
            if rows.is_empty() {
                return;
            }
            sleep(BACKOFF.after(failures, self.database.ids())).await;
        }
    }

    /// Returns those that are left.
    async fn delete_some(&self, rows: &[Pointer]) -> Result<Vec<Pointer>, Fault> {
        let table = &self.database.tables().control_plane;
        let call = self.database.call("dynamodb:BatchWriteItem", Table::ControlPlane);
        let delete = |row: &Pointer| {
            let delete = DeleteRequest::builder().set_key(Some(row.key().item())).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        };
        let requests = rows.iter().map(delete).collect::<Result<Vec<_>, _>>();
        let requests = match requests {
            Ok(requests) => requests,
            Err(e) => return Err(call.nonsense(e.to_string())),
        };
        let sent = self.database.client().batch_write_item().request_items(table, requests).send().await;
        let left = sent.map_err(|e| call.fault(e))?.unprocessed_items.unwrap_or_default();
        let left: Vec<_> = left.into_values().flatten().filter_map(|request| request.delete_request).collect();
        Ok(rows.iter().filter(|row| left.iter().any(|request| request.key == row.key().item())).cloned().collect())
    }
}

impl Gathered {
    /// As many as go into a call, or what has waited for long enough. Loses nothing if it is dropped.
    async fn next(&mut self, accepted: &mut UnboundedReceiver<Pointer>, linger: Duration) -> Option<Vec<Pointer>> {
        while self.rows.len() < MOST {
            let next = match self.since {
                None => accepted.recv().await,
                Some(since) => match timeout_at(since + linger, accepted.recv()).await {
                    Ok(next) => next,
                    Err(_) => break,
                },
            };
            let Some(row) = next else { break };
            self.since.get_or_insert_with(Instant::now);
            self.rows.insert(row);
        }
        self.since = None;
        let rows = std::mem::take(&mut self.rows);
        (!rows.is_empty()).then(|| rows.into_iter().collect())
    }
}
