//! Many connections to one listener, made by raw sockets from several loopback addresses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tenantry_web::{ConnectionLimits, ConnectionListener, Lifecycle, health_router, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);
const FLOOD: [u8; 4] = [127, 0, 0, 2];
const OTHER: [u8; 4] = [127, 0, 0, 3];

struct Server {
    address: SocketAddr,
    arrived: Arc<Notify>,
    _lifecycle: Lifecycle,
}

/// A listener with 16 places and a share of 4.
async fn start() -> Server {
    let lifecycle = Lifecycle::new(SOON);
    let arrived = Arc::new(Notify::new());
    let came = Arc::clone(&arrived);
    let slow = async move || {
        came.notify_one();
        std::future::pending::<()>().await;
    };
    let router =
        Router::new().route("/", get("here")).route("/slow", get(slow)).merge(health_router(lifecycle.ready()));
    lifecycle.set_ready();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = ConnectionLimits { total: 16, per_address: Some(4), ..ConnectionLimits::default() };
    let (listener, serving) = (ConnectionListener::new(listener, limits), lifecycle.clone());
    tokio::spawn(async move { serve(listener, router, &serving).await });
    Server { address, arrived, _lifecycle: lifecycle }
}

impl Server {
    async fn connect(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(from)), 0)).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// The answer to one request on a new connection.
    async fn ask(&self, from: [u8; 4], path: &str) -> String {
        let mut stream = self.connect(from).await;
        stream.write_all(request(path, "close").as_bytes()).await.unwrap();
        let mut text = String::new();
        timeout(SOON, stream.read_to_string(&mut text)).await.unwrap().unwrap();
        text
    }

    /// A connection whose request is never answered.
    async fn ask_slow(&self, from: [u8; 4]) -> TcpStream {
        let mut stream = self.connect(from).await;
        stream.write_all(request("/slow", "keep-alive").as_bytes()).await.unwrap();
        timeout(SOON, self.arrived.notified()).await.unwrap();
        stream
    }
}

fn request(path: &str, connection: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\n\r\n")
}

/// Waits until the server has closed the connection.
async fn closed(stream: &mut TcpStream) {
    let read = timeout(SOON, stream.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test]
async fn idle_connections_of_one_address_close_the_listener_to_nobody() {
    let server = start().await;
    let mut flood = Vec::new();
    for _ in 0..40 {
        flood.push(server.connect(FLOOD).await);
    }
    for from in [OTHER, FLOOD] {
        for path in ["/", "/healthz", "/readyz"] {
            let answer = server.ask(from, path).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{from:?} {path}: {answer}");
        }
    }
    closed(&mut flood[0]).await;
}

#[tokio::test]
async fn a_kept_connection_of_another_address_outlives_a_flood() {
    let server = start().await;
    let mut kept = server.connect(OTHER).await;
    let mut flood = Vec::new();
    for _ in 0..40 {
        flood.push(server.connect(FLOOD).await);
    }
    closed(&mut flood[0]).await;
    kept.write_all(request("/", "close").as_bytes()).await.unwrap();
    let mut text = String::new();
    timeout(SOON, kept.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
}

#[tokio::test]
async fn busy_connections_leave_health_and_the_shares_of_others() {
    let server = start().await;
    let mut busy = Vec::new();
    for _ in 0..12 {
        busy.push(server.ask_slow(FLOOD).await);
    }
    // One address has three quarters of all places: it gets no more of them.
    let refused = server.ask(FLOOD, "/").await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("application/problem+json"), "{refused}");
    assert!(refused.contains("retry-after: 1") && refused.contains("Too many connections are open"), "{refused}");
    assert!(server.ask(FLOOD, "/healthz").await.starts_with("HTTP/1.1 200 "));
    assert!(server.ask(OTHER, "/").await.starts_with("HTTP/1.1 200 "));
    for last in 4..8 {
        busy.push(server.ask_slow([127, 0, 0, last]).await);
    }
    // All places are busy.
    assert!(server.ask(OTHER, "/").await.starts_with("HTTP/1.1 503 "));
    let idle: Vec<_> = futures::future::join_all((0..60).map(|_| server.connect(FLOOD))).await;
    for path in ["/healthz", "/readyz"] {
        assert!(server.ask(OTHER, path).await.starts_with("HTTP/1.1 200 "));
    }
    drop((busy, idle));
}
