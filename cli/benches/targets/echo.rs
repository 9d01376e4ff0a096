//! The upstream of the gateway's row: a service that answers as little as one can. Run as `targets echo`.

use std::process::ExitCode;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use crate::wire::find;

pub async fn serve() -> ExitCode {
    let port = std::env::vars().find(|(name, _)| name == "PORT").and_then(|(_, port)| port.parse::<u16>().ok());
    let Some(port) = port else { return ExitCode::FAILURE };
    let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await else { return ExitCode::FAILURE };
    // It says where it is, so that nginx can be pointed at the very same one.
    let body = format!("{{\"port\":{port},\"said\":\"{}\"}}", "x".repeat(200));
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let answer: &'static [u8] = answer.leak().as_bytes();
    LocalSet::new()
        .run_until(async {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(answer_all(stream, answer));
            }
        })
        .await;
    ExitCode::SUCCESS
}

/// Every head gets the same answer; bodies are not sent here.
async fn answer_all(mut stream: TcpStream, answer: &[u8]) {
    let _ = stream.set_nodelay(true);
    let mut buffer = vec![0; 8 * 1024];
    let mut filled = 0;
    while let Ok(n @ 1..) = stream.read(&mut buffer[filled..]).await {
        filled += n;
        while let Some(end) = find(&buffer[..filled], b"\r\n\r\n") {
            // Who asks how it is waits for the end of the connection.
            let last = find(&buffer[..end], b"connection: close").is_some();
            if stream.write_all(answer).await.is_err() || last {
                return;
            }
            buffer.copy_within(end + 4..filled, 0);
            filled -= end + 4;
        }
    }
}
