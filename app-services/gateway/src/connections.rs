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
        let mut waiting = self.lock();
        waiting.by_address.retain(|_, idle| {
            idle.retain(|one| one.since.elapsed() < IDLE_FOR);
            !idle.is_empty()
        });
        waiting.all = waiting.by_address.values().map(Vec::len).sum();
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

    fn keep(&mut self, address: SocketAddr, wire: Box<Wire>, most: usize) {
        let idle = self.by_address.entry(address).or_default();
        if self.all < most && idle.len() < IDLE {
            idle.push(Idle { wire, since: Instant::now() });
            self.all += 1;
        }
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
    async fn so_many_wait_and_no_more() {
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
        let again = connections.lease(addresses[0], Duration::from_secs(5)).await.unwrap();
        assert!(again.used);
        assert_eq!((waiting(), connections.lock().all), (2, 2));
        again.give_back();
        connections.sweep();
        assert_eq!((waiting(), connections.lock().all), (3, 3));
    }
}
