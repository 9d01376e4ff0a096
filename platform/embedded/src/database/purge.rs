//! The broom: what has expired is refused by the queries already; this takes it off the disk, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use tenantry_contract::time::Timestamp;
use tokio::runtime::Handle;

use super::Database;
use crate::keys::{self, day_of};
use crate::sqlite::SqliteError;
use crate::usage;

/// How long an event stays in the log once every consumer is done with it.
const EVENTS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long somebody has to look at what was given up on: what SQS allows at most.
const LETTERS_KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Rows that one job removes at most, so that nobody waits behind it for long.
const CHUNK: i64 = 500;
const BETWEEN_SWEEPS: Duration = Duration::from_secs(10 * 60);

impl Database {
    /// Sweeps for as long as the database lives, if there is a runtime to do it in.
    pub(super) fn purge_now_and_then(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let weak = Arc::downgrade(&self.inner);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(BETWEEN_SWEEPS).await;
                let Some(inner) = weak.upgrade() else { return };
                match (Database { inner }).purge().await {
                    Ok(_) => {}
                    Err(SqliteError::Closed) => return,
                    Err(error) => tracing::warn!(%error, "removing what has expired failed; it is tried again later"),
                }
            }
        });
    }

    /// Removes what has expired and returns how many rows that were.
    pub async fn purge(&self) -> Result<usize, SqliteError> {
        self.note_inboxes().await?;
        let now = self.inner.clock.now();
        let mut removed = 0;
        loop {
            let n = self.inner.behind.write(move |c| sweep(c, now)).await?;
            removed += n;
            if n == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// One chunk of each kind.
fn sweep(conn: &rusqlite::Connection, now: Timestamp) -> Result<usize, rusqlite::Error> {
    // The newest event stays, as its place is where the next one goes on; so does what a consumer has not done.
    let events = conn
        .prepare_cached(
            "DELETE FROM events WHERE seq IN (SELECT seq FROM events ORDER BY seq LIMIT ?2) AND at < ?1
             AND seq < (SELECT max(seq) FROM events)
             AND seq <= coalesce((SELECT min(low) FROM inboxes), 0)",
        )?
        .execute((before(now, EVENTS_KEPT), CHUNK))?;
    let keys = keys::purge(conn, now, CHUNK)?;
    let reports = conn
        .prepare_cached(
            "DELETE FROM reports_taken WHERE (day, key) IN (SELECT day, key FROM reports_taken WHERE day < ?1 LIMIT ?2)",
        )?
        .execute((day_of(now) - 1, CHUNK))?;
    let letters = conn
        .prepare_cached(
            "DELETE FROM dead_letters WHERE at < ?1 AND id IN (SELECT id FROM dead_letters ORDER BY id LIMIT ?2)",
        )?
        .execute((before(now, LETTERS_KEPT), CHUNK))?;
    let usage = usage::purge(conn, now, CHUNK)?;
    Ok(events + keys + reports + letters + usage)
}

fn before(now: Timestamp, kept: Duration) -> i64 {
    now.millis().saturating_sub(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX))
}
