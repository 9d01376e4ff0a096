//! A listener that lets in so many connections at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::files::files;

/// However many files the process may open, memory has its bounds too.
const MOST: usize = 10_000;
const FEWEST: usize = 16;
/// How long to wait when the process has run out of descriptors.
const BREATHE: Duration = Duration::from_millis(50);
/// How often it is said that the door is full.
const SAID: Duration = Duration::from_secs(60);

/// Whoever comes when all places are taken waits in the kernel's queue: a crowd may be kept waiting, it never takes the
/// files that the process itself needs.
pub struct Door {
    listener: TcpListener,
    places: usize,
    free: Arc<Semaphore>,
    said: Option<Instant>,
}

/// A connection that was let in. Its place is free again when `place` is dropped.
pub struct Admitted {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub place: OwnedSemaphorePermit,
}

impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self::with_places(listener, places())
    }
}

/// How many connections a listener lets in at once: one for every sixth file that the process may open. There may be
/// three listeners, each connection to the gateway may need another one to a service, and stores, logs and services'
/// processes have their files too.
pub fn places() -> usize {
    (files() / 6).clamp(FEWEST, MOST)
}

impl Door {
    pub fn with_places(listener: TcpListener, places: usize) -> Self {
        Self { listener, places, free: Arc::new(Semaphore::new(places)), said: None }
    }

    /// The next connection; none once `stop` is cancelled.
    pub async fn next(&mut self, stop: &CancellationToken) -> Option<Admitted> {
        let place = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            place = self.place() => place,
        };
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => return Some(Admitted { stream, peer, place }),
                Err(error) if ended_by_peer(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "could not take a connection");
                    tokio::time::sleep(BREATHE).await;
                }
            }
        }
    }

    async fn place(&mut self) -> OwnedSemaphorePermit {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return place;
        }
        if self.said.is_none_or(|said| said.elapsed() >= SAID) {
            self.said = Some(Instant::now());
            tracing::warn!(connections = self.places, "as many connections as there may be; the next ones wait");
        }
        let place = Arc::clone(&self.free).acquire_owned().await;
        place.unwrap_or_else(|closed| unreachable!("nobody closes it: {closed}"))
    }
}

fn ended_by_peer(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused)
}
