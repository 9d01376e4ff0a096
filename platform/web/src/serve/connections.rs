//! The open connections of a listener, by address and by the time since which they are idle.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::limits::ConnectionLimits;
use crate::http::AddressBlock;

/// The idle time of a connection whose request is being answered.
const BUSY: u64 = u64::MAX;

/// The open connections, bounded by [`ConnectionLimits`]. An idle connection makes room for a new one.
pub(super) struct ConnectionTable {
    limits: ConnectionLimits,
    /// Whether the share of an address counts at any time.
    strict: bool,
    began: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Arc<State>>,
    by_address: HashMap<AddressBlock, usize>,
}

struct State {
    /// `None` for a proxy's address.
    address: Option<AddressBlock>,
    /// Nanoseconds from the start of the table, or [`BUSY`].
    idle_since: AtomicU64,
    evicted: CancellationToken,
}

/// A connection's entry in the table, removed when dropped.
pub struct ConnectionSlot {
    id: u64,
    state: Arc<State>,
    table: Arc<ConnectionTable>,
    /// Whether the connection is answered at health paths only.
    health_only: bool,
}

/// Marks the connection as busy until dropped.
pub(super) struct BusyGuard(Arc<State>, Arc<ConnectionTable>);

impl ConnectionTable {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, strict: false, began: Instant::now(), open: Mutex::default() }
    }

    /// A table in which the share counts however many connections are open.
    pub(super) fn strict(limits: ConnectionLimits) -> Self {
        Self { strict: true, ..Self::new(limits) }
    }

    /// Adds a connection. If it needs room, the oldest idle connection is closed: of the same address if that has its
    /// share, of any address if the table is full. `None` if none of them is idle.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr, health_only: bool) -> Option<ConnectionSlot> {
        let address = (!self.limits.proxies.trusts(peer)).then(|| AddressBlock::from(peer));
        let mut open = self.lock();
        let scarce = self.strict || open.connections.len() >= self.limits.scarce();
        if let Some(address) = address
            && scarce
            && open.by_address.get(&address).is_some_and(|count| *count >= self.limits.share())
        {
            open.evict(|state| state.address == Some(address))?;
        }
        if open.connections.len() >= self.limits.total {
            open.evict(|_| true)?;
        }
        let state = State { address, idle_since: AtomicU64::new(self.now()), evicted: CancellationToken::new() };
        let (id, state) = (open.next, Arc::new(state));
        open.next += 1;
        open.connections.insert(id, Arc::clone(&state));
        if let Some(address) = address {
            *open.by_address.entry(address).or_default() += 1;
        }
        drop(open);
        Some(ConnectionSlot { id, state, table: Arc::clone(self), health_only })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes the oldest idle connection of those that `among` accepts.
    fn evict(&mut self, among: impl Fn(&State) -> bool) -> Option<()> {
        let idle = self.connections.iter().filter(|(_, state)| among(state));
        let idle = idle.map(|(id, state)| (state.idle_since.load(Ordering::Relaxed), *id));
        let (_, id) = idle.filter(|(since, _)| *since != BUSY).min()?;
        self.remove(id).map(|state| state.evicted.cancel())
    }

    fn remove(&mut self, id: u64) -> Option<Arc<State>> {
        let state = self.connections.remove(&id)?;
        if let Some(address) = state.address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
        Some(state)
    }
}

impl ConnectionSlot {
    pub(super) fn begin_request(&self) -> BusyGuard {
        self.state.idle_since.store(BUSY, Ordering::Relaxed);
        BusyGuard(Arc::clone(&self.state), Arc::clone(&self.table))
    }

    pub(super) fn is_busy(&self) -> bool {
        self.state.idle_since.load(Ordering::Relaxed) == BUSY
    }

    /// Cancelled when the connection has to make room.
    pub(super) fn evicted(&self) -> CancellationToken {
        self.state.evicted.clone()
    }

    pub(super) fn health_only(&self) -> bool {
        self.health_only
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.idle_since.store(self.1.now(), Ordering::Relaxed);
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.table.lock().remove(self.id);
    }
}

#[cfg(test)]
mod tests;
