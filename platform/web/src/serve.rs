//! Serving a listener until the lifecycle ends it.

mod door;
mod files;
mod patience;

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::{BoxError, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

pub use self::door::{Admitted, Door, places};
pub use self::files::{allow_many_files, files};
use self::patience::Patient;
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
pub async fn serve(listener: impl Into<Door>, router: Router, lifecycle: &Lifecycle) {
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
pub async fn serve_with<M, S, B>(listener: impl Into<Door>, service: M, lifecycle: &Lifecycle)
where
    M: Fn(SocketAddr) -> S,
    S: Service<hyper::Request<Incoming>, Response = hyper::Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let (mut door, stop) = (listener.into(), lifecycle.token());
    while let Some(Admitted { stream, peer, place }) = door.next(&stop).await {
        let served = serve_connection(stream, service(peer), lifecycle.clone());
        lifecycle.tracker().spawn(async move {
            served.await;
            drop(place);
        });
    }
}

/// Serves one connection until it ends, or the lifecycle ends it.
pub async fn serve_connection<S, B>(stream: TcpStream, service: S, lifecycle: Lifecycle)
where
    S: Service<hyper::Request<Incoming>, Response = hyper::Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    // Answers are small and written whole: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    tokio::pin!(served);
    let (stop, abort) = (lifecycle.token(), lifecycle.aborted());
    let mut stopping = false;
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
            () = abort.cancelled() => return,
        }
    }
}
