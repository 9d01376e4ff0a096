//! The gateway's listener.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use tenantry_web::{Lifecycle, serve_with};
use tokio::net::TcpListener;

use crate::gateway::{Client, Gateway};

/// How often full buckets are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// Takes connections until the lifecycle says stop, and returns then; connections end as its tracked tasks.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>, lifecycle: &Lifecycle) {
    let ready = lifecycle.ready();
    let service = |peer: std::net::SocketAddr| {
        let connection = Arc::new((Arc::clone(&gateway), Client::from(peer), ready.clone()));
        service_fn(move |request| {
            let connection = Arc::clone(&connection);
            async move {
                let (gateway, client, ready) = &*connection;
                Ok::<_, std::convert::Infallible>(gateway.handle(request, client, ready).await)
            }
        })
    };
    tokio::select! {
        () = serve_with(listener, service, lifecycle) => {}
        () = forget_idle(&gateway) => {}
    }
}

async fn forget_idle(gateway: &Gateway) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        sweep.tick().await;
        gateway.throttle.forget_idle();
    }
}
