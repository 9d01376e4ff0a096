//! A crowd at the door: it waits, and the process has the files it needs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use support::client::Client;
use support::system::{System, command};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(120);
/// Few enough for a crowd to use up that fits into the kernel's queue.
const FILES: usize = 150;

/// The same command under a limit of open files.
fn limited(command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -n {FILES} && exec \"$0\" \"$@\"")]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
    limited
}

/// Connections that say a little and never go on.
async fn crowd(url: &str) -> Vec<TcpStream> {
    let address = url.strip_prefix("http://").unwrap();
    let mut all = Vec::new();
    for _ in 0..FILES {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /orders HTTP/1.1\r\nhost: ").await.unwrap();
        all.push(stream);
    }
    all
}

#[tokio::test]
async fn a_crowd_at_the_gateway_leaves_the_process_its_files() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let system = System::of(limited(&command(&data, &[])), &data);
    let client = Client::machine(&system).await;
    let crowd = crowd(&client.gateway).await;
    // A tenant with services of its own takes processes, pipes, tables and a log.
    let (registration, _) = client.register("globex", "advanced").await;
    client.until(&registration, "Created", PATIENCE).await;
    let session = client.first_sign_in(&system, "globex").await;
    assert!(!system.log().contains("could not take a connection"), "{}", system.log());
    drop(crowd);
    client.until_served(&session, "/orders").await;
    let answer = client.tenant(&session, Method::GET, "/orders", None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(system.terminate().0.success());
}
