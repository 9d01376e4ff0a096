//! Where the newest keys are.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Notify;

use super::Scope;

/// Keys in memory that make it worth writing some of them into the index. A start reads as many at most, and a few
/// that came meanwhile.
const MANY: usize = 16_384;

/// Where keys are that the index does not have. It may name rows that were taken back with their transaction, and
/// never lacks one that was not.
pub(crate) struct Young {
    state: Mutex<State>,
    /// There are many.
    pub(super) many: Notify,
}

struct State {
    places: HashMap<Scope, i64>,
    /// The index has everything up to here.
    settled: i64,
}

impl Young {
    pub fn load(conn: &Connection) -> Result<Self, rusqlite::Error> {
        let settled: i64 = conn.query_row("SELECT n FROM keys_mark", [], |row| row.get(0))?;
        let places = conn
            .prepare("SELECT scope, n FROM keys WHERE n > ?1 ORDER BY n")?
            .query_map([settled], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Self { state: Mutex::new(State { places, settled }), many: Notify::new() })
    }

    pub(super) fn place(&self, scope: &Scope) -> Option<i64> {
        self.lock().places.get(scope).copied()
    }

    pub(super) fn any_settled(&self) -> bool {
        self.lock().settled > 0
    }

    pub(super) fn add(&self, scope: Scope, n: i64) {
        let mut state = self.lock();
        state.places.insert(scope, n);
        let many = state.places.len() >= MANY;
        drop(state);
        if many {
            self.many.notify_one();
        }
    }

    /// The older half, in the order of the index, and the newest place among them. None while there are few.
    pub(super) fn to_settle(&self) -> Option<(Vec<(Scope, i64)>, i64)> {
        let state = self.lock();
        if state.places.len() < MANY {
            return None;
        }
        let mut places: Vec<i64> = state.places.values().copied().collect();
        let (_, upto, _) = places.select_nth_unstable(MANY / 2);
        let upto = *upto;
        let mut old: Vec<_> = state.places.iter().map(|(scope, n)| (*scope, *n)).filter(|(_, n)| *n <= upto).collect();
        drop(state);
        old.sort_unstable();
        Some((old, upto))
    }

    /// The index has them all.
    pub(super) fn settled(&self, upto: i64) {
        let mut state = self.lock();
        state.settled = upto;
        state.places.retain(|_, n| *n > upto);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
