//! The one writer of a file: takes what is waiting into one transaction, and replies after its commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tenantry_ports::error::Applied;

use super::checkpoint::Checkpointer;
use super::job::{End, Guard, Job};
use super::lanes::Lanes;
use super::pace::Pace;

/// What a process does when its disk fails under it. A test puts its own here.
pub type Fatal = Arc<dyn Fn(&str) + Send + Sync>;

/// How many jobs share a commit at most.
const GROUP: usize = 256;

pub struct Writer {
    conn: Connection,
    /// Pages in the log after the last commit.
    log_pages: Arc<AtomicI32>,
    fatal: Fatal,
    checkpointer: Option<Arc<Checkpointer>>,
}

impl Writer {
    pub fn new(
        mut conn: Connection,
        fatal: Fatal,
        checkpointer: Option<Arc<Checkpointer>>,
    ) -> Result<Self, rusqlite::Error> {
        let log_pages = Arc::new(AtomicI32::new(0));
        let noted = log_pages.clone();
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            noted.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { conn, log_pages, fatal, checkpointer })
    }

    /// Runs one job as a group of its own, in the caller's thread.
    pub fn alone(&self, job: Box<dyn Job>) {
        self.group(&mut vec![job], || None);
        self.fold();
    }

    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    fn fold(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.committed(self.log_pages.load(Ordering::Relaxed), &self.conn);
        }
    }

    /// Until the lanes are closed and empty.
    pub fn run(self, lanes: &Lanes<Box<dyn Job>>) {
        let mut waiting = Vec::with_capacity(GROUP);
        let mut pace = Pace::new(Instant::now());
        while lanes.take(GROUP, pace.rest(Instant::now()), &mut waiting) {
            let began = Instant::now();
            pace.begin(!waiting.is_empty(), began);
            let mut behind = Behind { lanes, pace: &mut pace, began, running: None };
            self.group(&mut waiting, || behind.next());
            // What a group left that ended early.
            while !waiting.is_empty() {
                self.group(&mut waiting, || None);
            }
            pace.end(Instant::now());
            self.fold();
        }
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.stop();
        }
        // The last connection to close also folds the log into the file; a failure leaves the log for the next start.
        if let Err(error) = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the last checkpoint failed");
        }
    }

    /// One transaction: what waits, and then what `more` still gives. Leaves in `waiting` what was not run because the
    /// transaction ended under it.
    fn group(&self, waiting: &mut Vec<Box<dyn Job>>, mut more: impl FnMut() -> Option<Box<dyn Job>>) {
        if let Err(cause) = self.execute("BEGIN IMMEDIATE") {
            let end = End::of(&cause, Applied::No);
            waiting.drain(..).chain(more()).for_each(|job| job.settle(&end));
            return;
        }
        let mut ran = 0;
        let mut broken = None;
        while broken.is_none() {
            if ran == waiting.len() {
                match more() {
                    Some(job) => waiting.push(job),
                    None => break,
                }
            }
            broken = self.guarded(waiting[ran].as_mut()).err();
            ran += 1;
        }
        let end = match broken {
            Some(end) => self.roll_back(end),
            None => self.commit(),
        };
        waiting.drain(..ran).for_each(|job| job.settle(&end));
    }

    fn guarded(&self, job: &mut dyn Job) -> Result<(), End> {
        match job.guard() {
            Guard::Savepoint => self.savepoint(job),
            Guard::Group => self.within_group(job),
        }
    }

    /// Runs one job so that its failure takes back its own changes alone. An error ends the transaction.
    fn savepoint(&self, job: &mut dyn Job) -> Result<(), End> {
        let fail = |cause: rusqlite::Error| End::of(&cause, Applied::No);
        self.execute("SAVEPOINT job").map_err(fail)?;
        let Err(failed) = job.run(&self.conn) else { return self.execute("RELEASE job").map_err(fail) };
        if let Some(why) = failed.io {
            (self.fatal)(&why);
            return Err(End::Lost { what: why, applied: Applied::No });
        }
        if self.conn.is_autocommit() {
            // SQLite gives up the whole transaction for a full disk or memory.
            return Err(End::Full("the transaction was taken back".into()));
        }
        self.execute("ROLLBACK TO job").and_then(|()| self.execute("RELEASE job")).map_err(fail)
    }

    /// Runs one job without a savepoint. One that fails after it has written something ends the transaction.
    fn within_group(&self, job: &mut dyn Job) -> Result<(), End> {
        let before = self.conn.total_changes();
        let Err(failed) = job.run(&self.conn) else { return Ok(()) };
        if let Some(why) = failed.io {
            (self.fatal)(&why);
            return Err(End::Lost { what: why, applied: Applied::No });
        }
        if self.conn.is_autocommit() {
            return Err(End::Full("the transaction was taken back".into()));
        }
        if self.conn.total_changes() == before { Ok(()) } else { Err(End::Busy) }
    }

    fn commit(&self) -> End {
        let Err(cause) = self.execute("COMMIT") else { return End::Committed };
        let end = End::of(&cause, Applied::Unknown);
        if let End::Lost { what, .. } = &end {
            (self.fatal)(what);
        }
        self.roll_back(end)
    }

    fn roll_back(&self, end: End) -> End {
        if !self.conn.is_autocommit()
            && let Err(cause) = self.execute("ROLLBACK")
        {
            (self.fatal)(&cause.to_string());
        }
        end
    }

    fn execute(&self, sql: &str) -> Result<(), rusqlite::Error> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }
}

/// Work behind, for a commit that has begun: as much as the pace allows.
struct Behind<'a> {
    lanes: &'a Lanes<Box<dyn Job>>,
    pace: &'a mut Pace,
    began: Instant,
    /// Since when the last one runs.
    running: Option<Instant>,
}

impl Behind<'_> {
    fn next(&mut self) -> Option<Box<dyn Job>> {
        let now = Instant::now();
        if let Some(since) = self.running.take() {
            self.pace.spend(now - since);
        }
        // Whoever closes waits for all of it.
        if !self.lanes.is_closed() && !self.pace.allows(self.began, now) {
            return None;
        }
        let job = self.lanes.next_behind()?;
        self.running = Some(now);
        Some(job)
    }
}

/// Logs and ends the process: after a failed fsync nothing that is in memory can be trusted to be on the disk.
pub fn abort() -> Fatal {
    Arc::new(|why| {
        tracing::error!(why, "the disk failed; ending the process, as what is acknowledged must be on it");
        // Gives a writer of logs on another thread a moment.
        std::thread::sleep(Duration::from_millis(50));
        std::process::abort();
    })
}
