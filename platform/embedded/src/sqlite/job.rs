//! A piece of work for a connection, and the reply it owes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tenantry_ports::error::Applied;
use tokio::sync::oneshot;

use super::error::SqliteError;

/// Work in a queue. It is run once and then settled once; settling sends the reply.
pub trait Job: Send {
    /// Does the work. An error means that its changes are to be taken back.
    fn run(&mut self, conn: &Connection) -> Result<(), Failed>;

    /// Replies; `end` is what became of the transaction.
    fn settle(self: Box<Self>, end: &End);

    fn guard(&self) -> Guard;
}

/// What takes a failed job's changes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// A savepoint of its own. SQLite keeps a copy of every page the job changes until then.
    Savepoint,
    /// The whole group, which is told to try again. For frequent work that refuses before it writes and then fails
    /// only when something is broken.
    Group,
}

/// Of what kind a job's failure is, as far as its group has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The disk itself failed, and why.
    pub io: Option<String>,
}

/// How a group's transaction ended.
#[derive(Debug, Clone)]
pub enum End {
    Committed,
    Full(String),
    Busy,
    Lost { what: String, applied: Applied },
}

/// A closure, its value until the commit, what is to happen after it, and who waits.
pub struct Work<F, T, A> {
    pub body: Option<F>,
    pub value: Option<Result<T, SqliteError>>,
    pub after: A,
    pub guard: Guard,
    pub reply: oneshot::Sender<Result<T, SqliteError>>,
}

impl<F, T, A> Job for Work<F, T, A>
where
    F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send,
    T: Send,
    A: FnOnce(&T) + Send,
{
    fn run(&mut self, conn: &Connection) -> Result<(), Failed> {
        let Some(work) = self.body.take() else { return Ok(()) };
        let (value, failed) = match run(work, conn) {
            Ok(value) => (Ok(value), None),
            Err(error) => {
                let io = io_failure(&error);
                (Err(error), Some(Failed { io }))
            }
        };
        self.value = Some(value);
        failed.map_or(Ok(()), Err)
    }

    fn settle(self: Box<Self>, end: &End) {
        let reply = match (self.value, end) {
            (Some(Ok(value)), End::Committed) => {
                (self.after)(&value);
                Ok(value)
            }
            (Some(Err(own)), _) => Err(own),
            (None, End::Committed) => Err(SqliteError::Closed),
            (_, end) => Err(end.error()),
        };
        // Whoever asked may have stopped waiting.
        let _ = self.reply.send(reply);
    }

    fn guard(&self) -> Guard {
        self.guard
    }
}

/// Runs work so that its panic is its own failure and not the thread's.
pub fn run<T>(
    work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    conn: &Connection,
) -> Result<T, SqliteError> {
    match catch_unwind(AssertUnwindSafe(|| work(conn))) {
        Ok(result) => result.map_err(SqliteError::from),
        Err(_) => Err(SqliteError::Panicked),
    }
}

/// The words of a failure of the disk itself.
pub fn io_failure(error: &SqliteError) -> Option<String> {
    match error {
        SqliteError::Failed(cause) if cause.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) => {
            Some(cause.to_string())
        }
        _ => None,
    }
}

impl End {
    /// What a failed statement of the transaction itself means for everybody in it.
    pub fn of(cause: &rusqlite::Error, applied: Applied) -> Self {
        use rusqlite::ErrorCode as C;
        match cause.sqlite_error_code() {
            Some(C::DiskFull) => Self::Full(cause.to_string()),
            Some(C::DatabaseBusy | C::DatabaseLocked) => Self::Busy,
            _ => Self::Lost { what: cause.to_string(), applied },
        }
    }

    pub fn error(&self) -> SqliteError {
        match self {
            Self::Committed => SqliteError::Closed,
            Self::Full(what) => SqliteError::Full(what.clone()),
            Self::Busy => SqliteError::Busy { retry_after: std::time::Duration::from_millis(200) },
            Self::Lost { what, applied } => SqliteError::Lost { what: what.clone(), applied: *applied },
        }
    }
}
