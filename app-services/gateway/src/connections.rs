//! Connections to services. Each is driven by the very task that uses it, so that a request on its way wakes nobody
//! but that task; one that nobody uses lies here and is not looked at until somebody takes it.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::body::ForwardBody;

/// Connections that wait for their next request; each worker has its own.
pub struct Connections {
    idle: Mutex<Waiting>,
    /// How many may wait, to whatever services: there may be thousands of these, and each takes a file.
    most: usize,
}

#[derive(Default)]
struct Waiting {
    by_address: HashMap<SocketAddr, Vec<Idle>>,
    all: usize,
}

struct Idle {
    wire: Box<Wire>,
    since: Instant,
}

struct Wire {
    host: HeaderValue,
    sender: SendRequest<ForwardBody>,
    /// None once it has ended.
    connection: Option<Connection<TokioIo<TcpStream>, ForwardBody>>,
}

/// Idle connections to one service, at most.
const IDLE: usize = 256;
/// How many of the oldest are closed at once, at most, when all places are taken: finding them takes a look at all.
const AT_ONCE: usize = 32;
const IDLE_FOR: Duration = Duration::from_secs(60);

/// A connection in use.
pub struct Lease {
    wire: Box<Wire>,
    address: SocketAddr,
    home: Arc<Connections>,
    /// It has carried a request before, and may have been closed since.
    pub used: bool,
}

impl Connections {
    pub fn new(most: usize) -> Self {
        Self { idle: Mutex::default(), most }
    }

    /// One that is there, or a new one.
    pub async fn lease(self: &Arc<Self>, address: SocketAddr, patience: Duration) -> io::Result<Lease> {
        let lease = |wire, used| Lease { wire, address, home: Arc::clone(self), used };
        // The newest, so that the others grow old and are closed.
        let idle = self.lock().take(address);
        if let Some(idle) = idle {
            return Ok(lease(idle.wire, true));
        }
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        let stream = timeout(patience, TcpStream::connect(address)).await.map_err(late)??;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let host = HeaderValue::try_from(address.to_string()).map_err(io::Error::other)?;
        Ok(lease(Box::new(Wire { host, sender, connection: Some(connection) }), false))
    }

    /// Closes what has been idle for long.
    pub fn sweep(&self) {
        self.lock().retain(|one| one.since.elapsed() < IDLE_FOR);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under this lock can panic half-way through a change.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self, address: SocketAddr) -> Option<Idle> {
        let idle = self.by_address.get_mut(&address)?.pop()?;
        self.all -= 1;
        Some(idle)
    }

    /// The newest always finds a place: a tenant that is busy now needs it more than one that was.
    fn keep(&mut self, address: SocketAddr, wire: Box<Wire>, most: usize) {
        if self.all >= most {
            self.close_oldest((most / 8).clamp(1, AT_ONCE));
        }
        let idle = self.by_address.entry(address).or_default();
        if idle.len() >= IDLE {
            idle.remove(0);
            self.all -= 1;
        }
        idle.push(Idle { wire, since: Instant::now() });
        self.all += 1;
    }

    fn close_oldest(&mut self, count: usize) {
        let mut ages: Vec<_> = self.by_address.values().flatten().map(|one| one.since).collect();
        if ages.len() < count {
            return;
        }
        let (.., last, _) = ages.select_nth_unstable(count - 1);
        let (last, mut left) = (*last, count);
        self.retain(|one| {
            let goes = left > 0 && one.since <= last;
            left -= usize::from(goes);
            !goes
        });
    }

    fn retain(&mut self, mut stays: impl FnMut(&Idle) -> bool) {
        self.by_address.retain(|_, idle| {
            idle.retain(&mut stays);
            !idle.is_empty()
        });
        self.all = self.by_address.values().map(Vec::len).sum();
    }
}

impl Lease {
    /// Sends a request and waits for the head of its answer. The error has the request if none of it was sent.
    pub async fn send(
        &mut self,
        mut request: Request<ForwardBody>,
    ) -> Result<Response<Incoming>, TrySendError<Request<ForwardBody>>> {
        request.headers_mut().insert(HOST, self.wire.host.clone());
        let mut answer = pin!(self.wire.sender.try_send_request(request));
        std::future::poll_fn(|context| {
            // The request goes out, and the answer comes in, as the connection is driven.
            self.wire.drive(context);
            answer.as_mut().poll(context)
        })
        .await
    }

    pub fn drive(&mut self, context: &mut Context<'_>) {
        self.wire.drive(context);
    }

    /// Keeps the connection for the next request, if it is fit for one.
    pub fn give_back(mut self) {
        // Lets it find out that the exchange is over. Whoever takes it next waits for it, nobody does until then.
        self.wire.drive(&mut Context::from_waker(Waker::noop()));
        if self.wire.connection.is_none() || !self.wire.sender.is_ready() {
            return;
        }
        let Self { wire, address, home, .. } = self;
        home.lock().keep(address, wire, home.most);
    }
}

impl Wire {
    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(ended) = Pin::new(connection).poll(context)
        {
            if let Err(error) = ended {
                // Whoever waits for an answer on it hears of it there.
                tracing::debug!(%error, "a service's connection broke");
            }
            self.connection = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn so_many_wait_and_the_oldest_make_room() {
        let connections = Arc::new(Connections::new(3));
        let mut services = Vec::new();
        for _ in 0..5 {
            services.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let addresses: Vec<_> = services.iter().map(|service| service.local_addr().unwrap()).collect();
        for address in &addresses {
            connections.lease(*address, Duration::from_secs(5)).await.unwrap().give_back();
        }
        let waiting = || connections.lock().by_address.values().map(Vec::len).sum::<usize>();
        assert_eq!((waiting(), connections.lock().all), (3, 3));
        assert_eq!(connections.lock().by_address.len(), 3, "nothing is left of those that were closed");
        for (address, used) in addresses.iter().zip([false, false, true, true, true]) {
            let lease = connections.lease(*address, Duration::from_secs(5)).await.unwrap();
            assert_eq!(lease.used, used);
            if used {
                assert_eq!((waiting(), connections.lock().all), (2, 2));
                lease.give_back();
            }
        }
        connections.sweep();
        assert_eq!((waiting(), connections.lock().all), (3, 3));
    }

    #[tokio::test]
    async fn of_one_service_too_the_oldest_make_room() {
        let connections = Arc::new(Connections::new(2 * IDLE));
        let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = service.local_addr().unwrap();
        let (mut leases, mut accepted) = (Vec::new(), Vec::new());
        for _ in 0..=IDLE {
            leases.push(connections.lease(address, Duration::from_secs(5)).await.unwrap());
            accepted.push(service.accept().await.unwrap());
        }
        leases.drain(..IDLE).for_each(Lease::give_back);
        let oldest = || connections.lock().by_address[&address][0].since;
        let before = oldest();
        leases.into_iter().for_each(Lease::give_back);
        assert_eq!(connections.lock().by_address[&address].len(), IDLE);
        assert_eq!(connections.lock().all, IDLE);
        assert!(oldest() > before);
    }
}
