//! Serving, and the end of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use futures::StreamExt;
use tenantry_web::lifecycle::Drained;
use tenantry_web::serve::StreamsEnd;
use tenantry_web::{Lifecycle, health_router, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

const SOON: Duration = Duration::from_secs(10);

struct Server {
    address: SocketAddr,
    lifecycle: Lifecycle,
    arrived: Arc<Notify>,
    go_on: Arc<Notify>,
    accepting: JoinHandle<()>,
}

async fn start(deadline: Duration) -> Server {
    let lifecycle = Lifecycle::new(deadline);
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (came, go) = (Arc::clone(&arrived), Arc::clone(&go_on));
    let slow = async move || {
        came.notify_one();
        go.notified().await;
        "finished"
    };
    let stream = async |Extension(StreamsEnd(end)): Extension<StreamsEnd>| {
        let one = futures::stream::iter([Ok::<_, Infallible>(Event::default().data("first"))]);
        let rest = futures::stream::pending();
        Sse::new(one.chain(rest).take_until(end.cancelled_owned()))
    };
    let router = Router::new()
        .route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route("/slow", get(slow))
        .route("/stream", get(stream))
        .merge(health_router(lifecycle.ready()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = lifecycle.clone();
    let accepting = tokio::spawn(async move { serve(listener, router, &serving).await });
    lifecycle.set_ready();
    Server { address, lifecycle, arrived, go_on, accepting }
}

impl Server {
    async fn open(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let text = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

async fn until(stream: &mut TcpStream, what: &str) -> String {
    let mut text = String::new();
    let mut chunk = [0; 1024];
    while !text.contains(what) {
        let read = timeout(SOON, stream.read(&mut chunk)).await.unwrap().unwrap();
        assert!(read > 0, "it ended before {what:?}: {text}");
        text.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
    }
    text
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    timeout(SOON, stream.read_to_string(&mut text)).await.unwrap().unwrap();
    text
}

#[tokio::test]
async fn a_connection_is_kept_and_knows_its_peer() {
    let server = start(SOON).await;
    let mut stream = server.open("/peer").await;
    let own = stream.local_addr().unwrap().to_string();
    until(&mut stream, &own).await;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    until(&mut stream, "ready").await;
}

#[tokio::test]
async fn what_is_in_flight_finishes_and_nothing_new_is_taken() {
    let server = start(SOON).await;
    let mut slow = server.open("/slow").await;
    let mut idle = server.open("/peer").await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    until(&mut idle, "127.0.0.1").await;
    server.arrived.notified().await;
    let ready = server.lifecycle.ready();
    let ending = server.lifecycle.clone();
    let ended = tokio::spawn(async move { ending.shutdown().await });

    assert_eq!(rest(&mut idle).await, "", "an idle connection is closed");
    assert_eq!(rest(&mut silent).await, "", "so is one that never asked");
    server.accepting.await.unwrap();
    assert!(!*ready.borrow(), "readiness was off first");
    assert!(TcpStream::connect(server.address).await.is_err());

    server.go_on.notify_one();
    let text = rest(&mut slow).await;
    assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("finished"), "{text}");
    assert_eq!(ended.await.unwrap(), Drained::InTime);
}

#[tokio::test]
async fn endless_streams_end_first() {
    let server = start(SOON).await;
    let mut stream = server.open("/stream").await;
    until(&mut stream, "first").await;
    let ending = server.lifecycle.clone();
    let ended = tokio::spawn(async move { ending.shutdown().await });
    let text = rest(&mut stream).await;
    assert!(text.ends_with("0\r\n\r\n"), "it ended in good order: {text:?}");
    assert_eq!(ended.await.unwrap(), Drained::InTime);
}

#[tokio::test]
async fn what_does_not_finish_is_cut_at_the_deadline() {
    let server = start(Duration::from_millis(50)).await;
    let mut slow = server.open("/slow").await;
    server.arrived.notified().await;
    assert_eq!(server.lifecycle.shutdown().await, Drained::Cut(1));
    assert_eq!(rest(&mut slow).await, "");
    timeout(SOON, server.lifecycle.tracker().wait()).await.unwrap();
}

/// Says when it is dropped.
struct Told(Arc<Notify>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up_with_its_answer() {
    let (lifecycle, ended) = (Lifecycle::new(SOON), Arc::new(Notify::new()));
    let told = Arc::clone(&ended);
    let endless = async move || {
        let told = Told(Arc::clone(&told));
        axum::body::Body::from_stream(futures::stream::repeat_with(move || {
            let _alive = &told;
            Ok::<_, Infallible>(vec![0_u8; 64 * 1024])
        }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let router = Router::new().route("/endless", get(endless));
    tokio::spawn(async move { serve(listener, router, &lifecycle).await });
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let began = Instant::now();
    timeout(Duration::from_secs(3600), ended.notified()).await.expect("the answer to be dropped");
    assert!(began.elapsed() >= Duration::from_secs(60), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let lifecycle = Lifecycle::new(SOON);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(async move { serve(listener, Router::new(), &lifecycle).await });
    let began = Instant::now();
    let mut answer = Vec::new();
    let (mut reading, mut writing) = stream.split();
    let dripping = async {
        writing.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        for n in 0.. {
            tokio::time::sleep(Duration::from_secs(10)).await;
            if writing.write_all(format!("x-{n}: 1\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = dripping => {}
        // What came too late for the server makes it close with a reset.
        _ = reading.read_to_end(&mut answer) => {}
    }
    assert!((70..=100).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(!answer.starts_with(b"HTTP/1.1 2"));
}

#[tokio::test]
async fn a_head_has_its_bounds() {
    let server = start(SOON).await;
    for extra in [format!("x: {}\r\n", "x".repeat(100_000)), "x: 1\r\n".repeat(200)] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let text = format!("GET /peer HTTP/1.1\r\nhost: localhost\r\n{extra}\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        assert!(until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 431 "));
    }
}

#[tokio::test]
async fn a_lifecycle_that_has_ended_does_not_become_ready() {
    let lifecycle = Lifecycle::new(SOON);
    assert_eq!(lifecycle.shutdown().await, Drained::InTime);
    lifecycle.set_ready();
    assert!(!*lifecycle.ready().borrow());
}
