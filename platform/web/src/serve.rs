//! Serving a listener until the lifecycle ends it.

mod busy;
mod connections;
mod files;
mod limits;
mod listener;
mod patience;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::{BoxError, Router};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

pub use self::connections::ConnectionSlot;
pub use self::files::{allow_many_files, files};
pub use self::limits::{ConnectionLimits, places};
pub use self::listener::{Connection, ConnectionListener};
use self::patience::Patient;
use crate::health::PROBES;
use crate::lifecycle::Lifecycle;

/// A connection that sends no request for so long is closed, and so is one that takes so long over the head of one.
const IDLE: Duration = Duration::from_secs(75);
/// The longest head of a request, in bytes; a longer one is 431, and so are more headers than the hundred that hyper
/// takes. A token has 16 KiB at most.
const HEAD: usize = 64 * 1024;

/// Ends answers that have no end of their own; every request carries it as an extension.
#[derive(Debug, Clone)]
pub struct StreamsEnd(pub CancellationToken);

/// Takes connections until the lifecycle says stop, and returns then; connections end as its tracked tasks.
/// Requests carry `ConnectInfo<SocketAddr>` and [`StreamsEnd`].
pub async fn serve(listener: impl Into<ConnectionListener>, router: Router, lifecycle: &Lifecycle) {
    let streams = StreamsEnd(lifecycle.streams());
    let service = move |peer: SocketAddr| {
        let (router, streams) = (router.clone(), streams.clone());
        service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(streams.clone());
            router.clone().call(request)
        })
    };
    serve_with(listener, service, lifecycle).await;
}

/// The same for any service, one made for each connection from the address of its other end.
pub async fn serve_with<M, S, B>(listener: impl Into<ConnectionListener>, service: M, lifecycle: &Lifecycle)
where
    M: Fn(SocketAddr) -> S,
    S: Service<hyper::Request<Incoming>, Response = hyper::Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let (mut listener, stop) = (listener.into(), lifecycle.token());
    while let Some(Connection { stream, peer, slot }) = listener.next(&stop).await {
        lifecycle.tracker().spawn(serve_connection(stream, slot, service(peer), lifecycle.clone()));
    }
}

/// Serves one connection until it ends, the lifecycle ends it, or it is idle and has to make room for another one.
pub async fn serve_connection<S, B>(stream: TcpStream, slot: ConnectionSlot, service: S, lifecycle: Lifecycle)
where
    S: Service<hyper::Request<Incoming>, Response = hyper::Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    // Answers are small and written whole: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let evicted = slot.evicted();
    let slot = Arc::new(slot);
    let own = Arc::clone(&slot);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let busy = own.begin_request();
        let admitted = !own.health_only() || PROBES.contains(&request.uri().path());
        let answering = admitted.then(|| service.call(request));
        async move {
            match answering {
                Some(answering) => answering.await.map(|response| busy::answer(response, busy)),
                None => Ok(busy::refusal(busy)),
            }
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    tokio::pin!(served);
    let (stop, abort) = (lifecycle.token(), lifecycle.aborted());
    let (mut stopping, mut closing) = (false, false);
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                served.as_mut().graceful_shutdown();
            }
            () = evicted.cancelled(), if !closing => {
                // A request may have come since: it is answered.
                if !slot.is_busy() {
                    return;
                }
                closing = true;
                served.as_mut().graceful_shutdown();
            }
            () = abort.cancelled() => return,
        }
    }
}
