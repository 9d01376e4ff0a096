//! Folding the log into the file, off the commit path.
//!
//! A passive checkpoint on its own thread does the bulk. Under a steady load it never catches up with the writer,
//! and SQLite starts the log over only when it has: so, once the log is long, the writer itself folds the
//! little that is left, between two groups.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::queue::Queue;

/// Pages in the log that make a checkpoint worth its fsync: 64 MiB. A page that was changed many times in between is
/// folded once.
const WORTH_IT: i32 = 16_384;
/// Pages in the log that make the writer help: 128 MiB.
const TOO_LONG: i32 = 32_768;

pub struct Checkpointer {
    wanted: Queue<()>,
    help: AtomicBool,
}

impl Checkpointer {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { wanted: Queue::new(1), help: AtomicBool::new(false) })
    }

    /// The thread's body.
    pub fn run(&self, conn: &Connection) {
        let mut woken = Vec::new();
        while self.wanted.take(1, &mut woken) {
            woken.clear();
            match checkpoint(conn) {
                Ok(log) if log >= TOO_LONG => self.help.store(true, Ordering::Release),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "a checkpoint failed; the log grows until one succeeds"),
            }
        }
    }

    /// The writer has committed and the log has so many pages.
    pub fn committed(&self, pages: i32, writer: &Connection) {
        if pages >= TOO_LONG && self.help.swap(false, Ordering::AcqRel) {
            if let Err(error) = checkpoint(writer) {
                tracing::warn!(%error, "a checkpoint failed; the log grows until one succeeds");
            }
        } else if pages >= WORTH_IT {
            // It may be wanted already.
            let _ = self.wanted.push(());
        }
    }

    pub fn stop(&self) {
        self.wanted.close();
    }
}

/// Folds what no reader needs; returns the pages in the log.
fn checkpoint(conn: &Connection) -> Result<i32, rusqlite::Error> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}
