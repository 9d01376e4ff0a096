//! Requests that no decent client sends, byte by byte: nobody hides one request in another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, Method, Uri};
use axum::routing::any;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::house::{House, own};

const SOON: Duration = Duration::from_secs(10);

/// What a service was sent: method and path, how long the body is said to be, and the body.
type Seen = Arc<Mutex<Vec<(String, Vec<String>, String)>>>;

async fn house() -> (House, Seen) {
    let house = House::open(str::to_owned).await;
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let note = any(move |method: Method, uri: Uri, headers: HeaderMap, body: String| {
        let lengths =
            headers.iter().filter(|(name, _)| ["content-length", "transfer-encoding"].contains(&name.as_str()));
        let lengths = lengths.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        kept.lock().unwrap().push((format!("{method} {uri}"), lengths, body));
        std::future::ready("seen")
    });
    house.start(&own("globex"), "orders", Router::new().fallback(note)).await;
    (house, seen)
}

/// Everything that comes back until the gateway closes the connection.
async fn answers(house: &House, head: &str, rest: &str) -> String {
    answers_at(&house.url, house, head, rest).await
}

async fn answers_at(url: &str, house: &House, head: &str, rest: &str) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let token = house.token("globex");
    let text = format!("{head}host: localhost\r\nauthorization: Bearer {token}\r\n{rest}");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, stream.read_to_end(&mut answer)).await.expect("the connection to be closed").unwrap();
    String::from_utf8(answer).unwrap()
}

/// A service that answers every request with these bytes, and then closes the connection.
async fn says(house: &House, bytes: &'static [u8]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(bytes).await.unwrap();
        }
    });
    house.routes.0.lock().unwrap().insert((own("globex"), "orders".to_owned()), vec![address]);
}

const HIDDEN: &str = "GET /orders/hidden HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn a_body_whose_length_is_not_certain_is_refused() {
    let (house, seen) = house().await;
    for lengths in [
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5, 5",
        "content-length: +5",
        "content-length: -5",
        "content-length: 0x5",
        "content-length: 18446744073709551621",
        "content-length:",
        "content-length : 5",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding : chunked",
        "transfer-encoding: identity\r\ncontent-length: 5",
        "x: y\r\n content-length: 5",
        "x: y\0\r\ncontent-length: 5",
    ] {
        let rest = format!("{lengths}\r\n\r\n0\r\n\r\n{HIDDEN}");
        let answer = answers(&house, "POST /orders HTTP/1.1\r\n", &rest).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lengths}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{lengths}: {answer}");
    }
    let old = format!("transfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}");
    let answer = answers(&house, "POST /orders HTTP/1.0\r\n", &old).await;
    assert!(answer.starts_with("HTTP/1.0 400 ") || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(seen.lock().unwrap().is_empty(), "{seen:?}");
}

#[tokio::test]
async fn chunks_that_are_none_end_a_request() {
    let (house, seen) = house().await;
    for body in ["zz\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"] {
        let rest = format!("transfer-encoding: chunked\r\n\r\n{body}{HIDDEN}");
        let answer = answers(&house, "POST /orders HTTP/1.1\r\n", &rest).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{body:?}: {answer}");
    }
    assert!(seen.lock().unwrap().is_empty(), "{seen:?}");
}

/// The length in the head counts for nothing beside chunks, and who sends both is not listened to any more after that.
/// A service is told one length alone.
#[tokio::test]
async fn a_service_is_told_one_length() {
    let (house, seen) = house().await;
    // What follows the body is a request of its own, which has no token.
    let both = &["200", "401"][..];
    let chunks = "3\r\nabc\r\n0\r\n\r\n";
    for (lengths, body, told, answered) in [
        ("content-length: 4\r\ntransfer-encoding: chunked", chunks, "transfer-encoding: chunked", &["200"][..]),
        ("transfer-encoding: chunked\r\ncontent-length: 4", chunks, "transfer-encoding: chunked", &["200"]),
        ("transfer-encoding: chunked\r\nconnection: transfer-encoding", chunks, "transfer-encoding: chunked", both),
        ("content-length: 3\r\ncontent-length: 3", "abc", "content-length: 3", both),
        ("content-length: 3\r\nconnection: content-length", "abc", "content-length: 3", both),
    ] {
        seen.lock().unwrap().clear();
        let last = HIDDEN.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
        let rest = format!("{lengths}\r\n\r\n{body}{last}");
        let answer = answers(&house, "POST /orders HTTP/1.1\r\n", &rest).await;
        let statuses: Vec<_> = answer.match_indices("HTTP/1.1 ").map(|(at, _)| &answer[at + 9..at + 12]).collect();
        assert_eq!(statuses, answered, "{lengths}: {answer}");
        let expected = ("POST /orders".to_owned(), vec![told.to_owned()], "abc".to_owned());
        assert_eq!(*seen.lock().unwrap(), [expected], "{lengths}");
    }
}

/// Where connections to us are shared, as load balancers do, no service gets an answer of its own to somebody else.
#[tokio::test]
async fn no_service_answers_more_than_it_was_asked() {
    let house = House::open(str::to_owned).await;
    // An answer that is none is broken off; then the service is looked for again, and there is no other.
    let hidden = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhidden";
    for (bytes, first) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok{hidden}", "200"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n4\r\nokok\r\n0\r\n\r\n{hidden}",
            "200",
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n4\r\nokok\r\n0\r\n\r\n{hidden}",
            "200",
        ),
        ("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok{hidden}", "204"),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\nok{hidden}", "304"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok{hidden}", "503"),
        ("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\nok{hidden}", "503"),
        ("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n{hidden}", "502"),
        ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok{hidden}", "200"),
        ("nonsense\r\n\r\n{hidden}", "503"),
    ] {
        says(&house, bytes.replace("{hidden}", hidden).leak().as_bytes()).await;
        let next = HIDDEN.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
        let answer = answers(&house, "GET /orders HTTP/1.1\r\n", &format!("\r\n{next}")).await;
        let statuses: Vec<_> = answer.match_indices("HTTP/1.1 ").map(|(at, _)| &answer[at + 9..at + 12]).collect();
        // The next answer is our own, to a request without a token; or there is none, as the connection has ended.
        assert!(statuses == [first, "401"] || statuses == [first], "{bytes:?}: {answer}");
        assert!(!answer.contains("hidden"), "{bytes:?}: {answer}");
    }
}

#[tokio::test]
async fn a_place_is_free_again_when_its_connection_has_ended() {
    let (house, _) = house().await;
    let narrow = house.narrow_listener(1).await;
    for _ in 0..20 {
        let answer = answers_at(&narrow, &house, "GET /orders HTTP/1.1\r\n", "connection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 429 "), "{answer}");
    }
}

#[tokio::test]
async fn a_head_has_its_bounds() {
    let (house, seen) = house().await;
    let long = format!("x-long: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("{}\r\n", "x: 1\r\n".repeat(200));
    for rest in [long, many] {
        let answer = answers(&house, "GET /orders HTTP/1.1\r\n", &rest).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let path = format!("GET /orders/{} HTTP/1.1\r\n", "x".repeat(70_000));
    let answer = answers(&house, &path, "\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 414 ") || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(seen.lock().unwrap().is_empty(), "{seen:?}");
}
