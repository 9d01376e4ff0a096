//! The control plane's database: one SQLite file that is store, event log, outbox and inboxes at once, so that a
//! change of state and its events are one write.

mod change;
mod codec;
mod events;
mod lock;
mod purge;
mod schema;
#[cfg(test)]
mod tests;
mod unreadable;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tenantry_contract::event::Sources;
use tenantry_contract::id::TenantId;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tokio::sync::{broadcast, watch};

pub(crate) use self::change::Change;
pub(crate) use self::codec::{IdKey, from_json, json, read_id, rows, to_json};
pub(crate) use self::events::hears_bit;
use self::events::last_event;
use self::lock::Lock;
pub(crate) use self::unreadable::{Unreadable, is_unreadable};
use crate::bus::Queues;
use crate::keys::Young;
use crate::sqlite::{Guard, Mode, OpenError, Options, Place, Sqlite, SqliteError};
use crate::usage::Counters;
use crate::work;

/// Closings that a listener may be behind with; it hears of it when it has missed some.
const CLOSINGS: usize = 1024;

/// What a database stands on.
#[derive(Clone)]
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub sources: Sources,
}

/// All ports of the store in one handle.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub sqlite: Sqlite,
    /// The same file, for what the provisioner and the consumers of events write.
    pub behind: Sqlite,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub sources: Sources,
    /// The newest event that is committed.
    pub newest: watch::Sender<i64>,
    closing: broadcast::Sender<TenantId>,
    pub queues: Queues,
    pub young: Arc<Young>,
    pub usage: Counters,
    pub unreadable: Arc<Unreadable>,
    /// Held as long as anything may be written.
    _lock: Option<Lock>,
}

impl Database {
    /// Opens the database of a data directory, which this process then holds alone.
    pub fn open(dir: &Path, deps: Deps) -> Result<Self, OpenError> {
        let io = |cause| OpenError::Io { what: format!("the data directory {}", dir.display()), cause };
        fs::create_dir_all(dir).map_err(io)?;
        let lock = Lock::take(dir)?;
        let place = Place::File(dir.join("tenantry.db"));
        let usage = Counters::open(&dir.join("usage.slots"), deps.clock.now())?;
        let database = Self::assemble(place, Mode::Threaded, deps, usage, Some(lock))?;
        // The names of new files have to survive a power failure, too.
        fs::File::open(dir).and_then(|d| d.sync_all()).map_err(io)?;
        database.purge_now_and_then();
        database.settle_keys_now_and_then();
        Ok(database)
    }

    /// A database of its own that runs in the caller's thread, for a paused clock.
    pub fn in_memory(deps: Deps) -> Result<Self, OpenError> {
        Self::assemble(Place::Memory, Mode::Inline, deps, Counters::in_memory(), None)
    }

    fn assemble(place: Place, mode: Mode, deps: Deps, usage: Counters, lock: Option<Lock>) -> Result<Self, OpenError> {
        let now = deps.clock.now();
        let resume = |c: &rusqlite::Connection| {
            work::lapse(c, now)?;
            Ok((last_event(c)?, Queues::load(c)?, Young::load(c)?))
        };
        let options = Options::default();
        let (sqlite, (newest, queues, young)) = Sqlite::open_first(place, mode, schema::MIGRATIONS, options, resume)?;
        let Deps { clock, ids, sources } = deps;
        let newest = watch::Sender::new(newest);
        let closing = broadcast::Sender::new(CLOSINGS);
        let young = Arc::new(young);
        let behind = sqlite.behind();
        let unreadable = Arc::default();
        let inner = Inner {
            sqlite,
            behind,
            clock,
            ids,
            sources,
            newest,
            closing,
            queues,
            young,
            usage,
            unreadable,
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Names each tenant whose offboarding begins, as soon as that is committed: for a gateway in this process, which
    /// remembers for a while how a tenant stands.
    pub fn closing(&self) -> broadcast::Receiver<TenantId> {
        self.inner.closing.subscribe()
    }

    /// Takes no more work, finishes what waits, and leaves the file whole.
    pub async fn close(&self) {
        self.inner.sqlite.close().await;
    }

    /// One atomic change. Whoever waits for events hears of those it published once it is committed.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Change<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, SqliteError> {
        self.change_within(&self.inner.sqlite, Guard::Savepoint, work).await
    }

    /// As `change`, for what no request waits for.
    pub(crate) async fn change_behind<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Change<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, SqliteError> {
        self.change_within(&self.inner.behind, Guard::Savepoint, work).await
    }

    pub(crate) async fn change_within<T: Send + 'static>(
        &self,
        by: &Sqlite,
        guard: Guard,
        work: impl FnOnce(&Change<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let now = self.inner.clock.now();
        let (inner, within) = (self.inner.clone(), self.inner.clone());
        let changed = by.write_then(
            guard,
            move |conn| {
                let change = Change::new(conn, now, &within);
                work(&change).map(|value| (value, change.published(), change.closing()))
            },
            move |(_, published, closing)| {
                if let Some(logged) = *published {
                    inner.newest.send_replace(logged.seq);
                    inner.queues.rung(logged.hears);
                }
                for tenant in closing {
                    // Nobody may be listening.
                    let _ = inner.closing.send(tenant.clone());
                }
            },
        );
        Ok(changed.await?.0)
    }
}
