//! The gateway's listener and its workers. A connection stays with the worker that gets it, and so do the connections
//! to services that its requests go on: nothing of a request crosses from one thread to another.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use tenantry_web::serve::ConnectionSlot;
use tenantry_web::{Connection, ConnectionListener, Lifecycle, serve_connection};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::connections::Connections;
use crate::gateway::{Client, Gateway};

/// How often full buckets are forgotten, and idle connections closed.
const SWEEP: Duration = Duration::from_secs(60);
const FEWEST_IDLE: usize = 16;

/// A connection for a worker. The lifecycle counts it from the moment it was taken.
struct Accepted {
    stream: std::net::TcpStream,
    peer: SocketAddr,
    counted: TaskTrackerToken,
    slot: ConnectionSlot,
}

/// Takes connections until the lifecycle says stop, and returns then; connections end as its tracked tasks.
pub async fn serve(listener: impl Into<ConnectionListener>, gateway: Arc<Gateway>, lifecycle: &Lifecycle) {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let idle = idle_places(tenantry_web::serve::files(), count);
    let workers: io::Result<Vec<_>> = (0..count).map(|_| start(&gateway, lifecycle, idle)).collect();
    let workers = match workers {
        Ok(workers) => workers,
        Err(error) => return tracing::error!(%error, "the gateway's workers could not be started"),
    };
    tokio::select! {
        () = hand_out(listener.into(), &workers, lifecycle) => {}
        () = forget_idle(&gateway) => {}
    }
}

/// How many connections to services may wait for their next request at each worker: an eighth of the files at all of
/// them, but some in any case. Those in use are no more than there are clients.
fn idle_places(files: usize, workers: usize) -> usize {
    (files / 8 / workers).max(FEWEST_IDLE)
}

/// To each worker in turn.
async fn hand_out(mut listener: ConnectionListener, workers: &[UnboundedSender<Accepted>], lifecycle: &Lifecycle) {
    let stop = lifecycle.token();
    for worker in workers.iter().cycle() {
        let Some(Connection { stream, peer, slot }) = listener.next(&stop).await else { return };
        let counted = lifecycle.tracker().token();
        match stream.into_std() {
            // A worker takes connections for as long as we do.
            Ok(stream) => drop(worker.send(Accepted { stream, peer, counted, slot })),
            Err(error) => tracing::debug!(%error, "a connection was lost"),
        }
    }
}

/// A thread with a runtime of its own, which ends with the last of its connections.
fn start(gateway: &Arc<Gateway>, lifecycle: &Lifecycle, idle: usize) -> io::Result<UnboundedSender<Accepted>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (hand_over, accepted) = unbounded_channel();
    let (gateway, lifecycle) = (Arc::clone(gateway), lifecycle.clone());
    let connections = Arc::new(Connections::new(idle));
    let body = move || runtime.block_on(work(accepted, &gateway, &lifecycle, &connections));
    std::thread::Builder::new().name("gateway".into()).spawn(body)?;
    Ok(hand_over)
}

async fn work(
    mut accepted: UnboundedReceiver<Accepted>,
    gateway: &Arc<Gateway>,
    lifecycle: &Lifecycle,
    connections: &Arc<Connections>,
) {
    let mut sweep = tokio::time::interval(SWEEP);
    let tasks = TaskTracker::new();
    loop {
        let Accepted { stream, peer, counted, slot } = tokio::select! {
            accepted = accepted.recv() => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
            _ = sweep.tick() => {
                connections.sweep();
                continue;
            }
        };
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection was lost");
                continue;
            }
        };
        let shared = Arc::new((Arc::clone(gateway), Client::from(peer), lifecycle.ready(), Arc::clone(connections)));
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move {
                let (gateway, client, ready, connections) = &*shared;
                Ok::<_, std::convert::Infallible>(gateway.handle(request, client, ready, connections).await)
            }
        });
        let served = serve_connection(stream, slot, service, lifecycle.clone());
        tasks.spawn(async move {
            served.await;
            drop(counted);
        });
    }
    tasks.close();
    tasks.wait().await;
}

async fn forget_idle(gateway: &Gateway) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        sweep.tick().await;
        gateway.throttle.forget_idle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_worker_keeps_some_connections_however_few_files_there_are() {
        assert_eq!(idle_places(1024, 2), 64);
        assert_eq!(idle_places(1024, 64), 16);
    }
}
