//! A SQLite file with one writer that groups commits, and readers beside it.
//!
//! A write is answered after the commit that holds it, and that commit is on the disk (`synchronous=FULL`). Jobs
//! that wait together share one commit, each in a savepoint of its own, so that a refusal never aborts its group.

mod checkpoint;
mod connect;
mod error;
mod job;
mod lanes;
mod pace;
mod queue;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tenantry_ports::error::Applied;
use tokio::sync::{oneshot, watch};

use self::checkpoint::Checkpointer;
pub use self::connect::Place;
pub(crate) use self::connect::refuse_newer;
use self::connect::{connect, connect_reader, migrate};
pub use self::error::{OpenError, SqliteError};
pub use self::job::Guard;
use self::job::{Job, Work, run};
use self::lanes::{Lane, Lanes};
use self::queue::{NotTaken, Queue};
use self::writer::Writer;
pub use self::writer::{Fatal, abort};

/// Who runs the statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Threads of their own: a task only waits.
    Threaded,
    /// The caller: a paused tokio clock, which goes on whenever everybody waits, stands still meanwhile.
    Inline,
}

/// What a test may want otherwise.
#[derive(Clone)]
pub struct Options {
    /// Jobs that may wait; one more is refused as [`SqliteError::Busy`].
    pub queue: usize,
    /// What to do when the disk fails.
    pub fatal: Fatal,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue: 4_096, fatal: abort() }
    }
}

/// Threads that read beside the writer: enough that a long list does not hold up a lookup.
const READERS: usize = 2;

/// A handle; the file is closed after `close`, or when the last handle is gone.
#[derive(Clone)]
pub struct Sqlite {
    place: Arc<Place>,
    inner: Arc<Inner>,
    /// Where its writes wait.
    lane: Lane,
}

enum Inner {
    Inline(Mutex<Writer>),
    Threaded { writes: Arc<Lanes<Box<dyn Job>>>, reads: Option<Arc<Queue<Box<dyn Job>>>>, done: watch::Receiver<()> },
}

impl Sqlite {
    pub fn open(place: Place, mode: Mode, migrations: &'static [&'static str]) -> Result<Self, OpenError> {
        Self::open_with(place, mode, migrations, Options::default())
    }

    pub fn open_with(
        place: Place,
        mode: Mode,
        migrations: &'static [&'static str],
        options: Options,
    ) -> Result<Self, OpenError> {
        Self::open_first(place, mode, migrations, options, |_| Ok(())).map(|(opened, ())| opened)
    }

    /// As `open_with`; does something first, while the connection is the only one.
    pub fn open_first<T>(
        place: Place,
        mode: Mode,
        migrations: &'static [&'static str],
        options: Options,
        first: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<(Self, T), OpenError> {
        let wrong = |cause| place.error(cause);
        let mut conn = connect(&place).map_err(wrong)?;
        migrate(&mut conn, &place, migrations)?;
        let found = first(&conn).map_err(wrong)?;
        let inner = match mode {
            Mode::Inline => Inner::Inline(Mutex::new(Writer::new(conn, options.fatal, None).map_err(wrong)?)),
            Mode::Threaded => threaded(conn, &place, options)?,
        };
        Ok((Self { place: Arc::new(place), inner: Arc::new(inner), lane: Lane::Front }, found))
    }

    /// A handle for work that no request waits for: its writes give way to those of others.
    #[must_use]
    pub fn behind(&self) -> Self {
        Self { lane: Lane::Behind, ..self.clone() }
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Runs `work` in a savepoint of a grouped commit, and answers after that commit. An error of `work` takes its
    /// changes back.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, SqliteError> {
        self.write_then(Guard::Savepoint, work, |_| ()).await
    }

    /// As `write`; `after` runs once it is committed, even if the caller has stopped waiting by then.
    pub async fn write_then<T: Send + 'static>(
        &self,
        guard: Guard,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, SqliteError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { body: Some(work), value: None, after, guard, reply });
        match &*self.inner {
            Inner::Inline(writer) => writer.lock().unwrap_or_else(PoisonError::into_inner).alone(job),
            Inner::Threaded { writes, .. } => writes.push(job, self.lane).map_err(refused)?,
        }
        answer.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Runs `work` on a connection that only reads and sees every commit acknowledged before.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let reads = match &*self.inner {
            Inner::Inline(writer) => {
                return run(work, writer.lock().unwrap_or_else(PoisonError::into_inner).connection());
            }
            // A database in memory has one connection.
            Inner::Threaded { reads: None, .. } => return self.write(work).await,
            Inner::Threaded { reads: Some(reads), .. } => reads,
        };
        let (reply, answer) = oneshot::channel();
        let guard = Guard::Savepoint;
        let job = Box::new(Work { body: Some(work), value: None, after: |_: &T| (), guard, reply });
        reads.push(job).map_err(refused)?;
        answer.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Takes no more work, does what is waiting, and folds the log into the file.
    pub async fn close(&self) {
        let Inner::Threaded { writes, reads, done } = &*self.inner else { return };
        shut(writes, reads.as_ref());
        // An error says that the writer is gone, which is what we wait for.
        let _ = done.clone().changed().await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Self::Threaded { writes, reads, .. } = self {
            shut(writes, reads.as_ref());
        }
    }
}

fn shut(writes: &Lanes<Box<dyn Job>>, reads: Option<&Arc<Queue<Box<dyn Job>>>>) {
    if let Some(reads) = reads {
        reads.close();
    }
    writes.close();
}

fn refused(why: NotTaken) -> SqliteError {
    match why {
        NotTaken::Full => SqliteError::Busy { retry_after: Duration::from_secs(1) },
        NotTaken::Closed => SqliteError::Closed,
    }
}

fn lost() -> SqliteError {
    SqliteError::Lost { what: "the database's thread has ended".into(), applied: Applied::Unknown }
}

fn threaded(conn: Connection, place: &Place, options: Options) -> Result<Inner, OpenError> {
    let wrong = |cause| place.error(cause);
    let writes = Arc::new(Lanes::new(options.queue));
    let (ended, done) = watch::channel(());
    let mut readers = Vec::new();
    let mut checkpointer = None;
    if place.file().is_some() {
        let fold = Checkpointer::new();
        let its = connect(place).map_err(wrong)?;
        checkpointer = Some(fold.clone());
        spawn("checkpoint", move || fold.run(&its))?;
        for _ in 0..READERS {
            readers.push(connect_reader(place).map_err(wrong)?);
        }
    }
    let reads = (!readers.is_empty()).then(|| Arc::new(Queue::new(options.queue)));
    for (reader, queue) in readers.into_iter().zip(reads.iter().cycle().cloned()) {
        spawn("read", move || serve(&reader, &queue))?;
    }
    let only = Writer::new(conn, options.fatal, checkpointer).map_err(wrong)?;
    let queue = writes.clone();
    spawn("write", move || {
        only.run(&queue);
        drop(ended);
    })?;
    Ok(Inner::Threaded { writes, reads, done })
}

fn serve(conn: &Connection, queue: &Queue<Box<dyn Job>>) {
    let mut taken = Vec::new();
    while queue.take(1, &mut taken) {
        for mut job in taken.drain(..) {
            // Its error, if any, is in its reply.
            let _ = job.run(conn);
            job.settle(&job::End::Committed);
        }
    }
}

fn spawn(what: &str, body: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
    let named = thread::Builder::new().name(format!("sqlite-{what}"));
    named.spawn(body).map(drop).map_err(|cause| OpenError::Io { what: "a thread".into(), cause })
}
