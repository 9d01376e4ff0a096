//! A listener with a bounded number of connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connections::{ConnectionSlot, ConnectionTable};
use super::limits::ConnectionLimits;

/// How long to wait when the process has run out of descriptors.
const BREATHE: Duration = Duration::from_millis(50);
/// How often a shortage is logged.
const SAID: Duration = Duration::from_secs(60);
/// Connections for health beside all others, and the share of one address.
const HEALTH: usize = 32;
const HEALTH_SHARE: usize = 4;

/// Accepts every connection at once, so that no crowd waits before a probe. A connection for which there is no room
/// is served at the health paths only, in a few places of their own; above those it is closed.
pub struct ConnectionListener {
    listener: TcpListener,
    total: usize,
    open: Arc<ConnectionTable>,
    health: Arc<ConnectionTable>,
    said: Option<Instant>,
}

/// An accepted connection. It counts until `slot` is dropped.
pub struct Connection {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub slot: ConnectionSlot,
}

impl From<TcpListener> for ConnectionListener {
    fn from(listener: TcpListener) -> Self {
        Self::new(listener, ConnectionLimits::default())
    }
}

impl ConnectionListener {
    pub fn new(listener: TcpListener, limits: ConnectionLimits) -> Self {
        let total = limits.total;
        let health =
            ConnectionLimits { total: HEALTH, per_address: Some(HEALTH_SHARE), proxies: limits.proxies.clone() };
        Self {
            listener,
            total,
            open: Arc::new(ConnectionTable::new(limits)),
            health: Arc::new(ConnectionTable::strict(health)),
            said: None,
        }
    }

    /// The next connection; `None` once `stop` is cancelled.
    pub async fn next(&mut self, stop: &CancellationToken) -> Option<Connection> {
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => match self.admit(peer) {
                    Some(slot) => return Some(Connection { stream, peer, slot }),
                    None => drop(stream),
                },
                Err(error) if ended_by_peer(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "could not take a connection");
                    tokio::time::sleep(BREATHE).await;
                }
            }
        }
    }

    fn admit(&mut self, peer: SocketAddr) -> Option<ConnectionSlot> {
        if let Some(slot) = self.open.admit(peer.ip(), false) {
            return Some(slot);
        }
        if self.said.is_none_or(|said| said.elapsed() >= SAID) {
            self.said = Some(Instant::now());
            tracing::warn!(
                connections = self.total,
                "no room for a connection: all of them, or of its address, are busy; only health is answered"
            );
        }
        self.health.admit(peer.ip(), true)
    }
}

fn ended_by_peer(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused)
}
