//! Asking a service how it is: one plain HTTP request on a connection of its own.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// A service that starts is asked this often at first, as every millisecond is one a new tenant waits.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Whether it answers in time with a 2xx; otherwise why not.
pub async fn ask(address: SocketAddr, path: &str, patience: Duration) -> Result<(), String> {
    match timeout(patience, status_line(address, path)).await {
        Err(_) => Err(format!("no answer within {patience:?}")),
        Ok(Err(error)) => Err(format!("no answer: {}", error.kind())),
        Ok(Ok(line)) => judge(&line),
    }
}

/// Returns once it answers with a 2xx.
pub async fn until_healthy(address: SocketAddr, path: &str, patience: Duration) {
    let mut pause = FIRST_PAUSE;
    while ask(address, path, patience).await.is_err() {
        sleep(pause).await;
        pause = (pause * 5 / 4).min(LONGEST_PAUSE);
    }
}

/// `HTTP/1.1 200` and so on: the first twelve bytes.
async fn status_line(address: SocketAddr, path: &str) -> std::io::Result<[u8; 12]> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).await?;
    // What came along is taken: unread, it would make the kernel reset the connection, which some servers log as an
    // error. Nobody waits for the end, as some keep the connection whatever they are asked.
    let mut rest = [0; 1024];
    while stream.try_read(&mut rest).is_ok_and(|n| n > 0) {}
    Ok(line)
}

fn judge(line: &[u8; 12]) -> Result<(), String> {
    match line {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', b'2', _, _] => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', ..] => {
            Err(format!("it answered {}", String::from_utf8_lossy(&line[9..]).escape_default()))
        }
        _ => Err("it does not speak HTTP".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const PATIENCE: Duration = Duration::from_secs(30);

    async fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let n = stream.read(&mut request).await.unwrap();
                assert!(request[..n].starts_with(b"GET /orders/health HTTP/1.1\r\n"));
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        address
    }

    /// Answers and keeps the connection, whatever it was asked.
    #[tokio::test]
    async fn who_never_hangs_up_is_healthy_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let keeping = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            let mut request = Vec::new();
            // Ends only when the other side hangs up.
            let _ = stream.read_to_end(&mut request).await;
            request
        });
        assert_eq!(ask(address, "/orders/health", PATIENCE).await, Ok(()));
        assert!(keeping.await.unwrap().starts_with(b"GET /orders/health HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn only_a_2xx_is_health() {
        let good = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(ask(good, "/orders/health", PATIENCE).await, Ok(()));
        let bad = answering("HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
        assert_eq!(ask(bad, "/orders/health", PATIENCE).await, Err("it answered 503".into()));
        let odd = answering("+OK hello there\r\n").await;
        assert!(ask(odd, "/orders/health", PATIENCE).await.is_err());
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert!(ask(nobody, "/orders/health", PATIENCE).await.is_err());
    }
}
