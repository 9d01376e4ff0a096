//! Somebody between us and an emulator, who fails the calls he is told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Turned away before it reaches the emulator.
    Throttled,
    /// Carried out, and answered with a fault all the same.
    BrokenAfter,
    /// Carried out, but for the mail, as Cognito answers it.
    Undelivered,
    /// Turned away, as something else is at the same thing.
    Contended,
    /// Carried out, and not answered at all.
    Unanswered,
}

#[derive(Clone)]
pub struct Proxy {
    pub url: String,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    next: Vec<(String, Fate)>,
    calls: HashMap<String, usize>,
}

impl Proxy {
    pub async fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let plan: Arc<Mutex<Plan>> = Arc::default();
        let (planned, upstream) = (Arc::clone(&plan), upstream.trim_start_matches("http://").to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (planned, upstream) = (Arc::clone(&planned), upstream.clone());
                tokio::spawn(async move { pass(client, &upstream, &planned).await });
            }
        });
        Self { url, plan }
    }

    /// The next call of that operation ends so. Said twice, the next two do.
    pub fn next(&self, operation: &str, fate: Fate) {
        self.plan.lock().unwrap().next.push((operation.to_ascii_lowercase(), fate));
    }

    /// What was planned and has not happened.
    pub fn left(&self) -> usize {
        self.plan.lock().unwrap().next.len()
    }

    /// How many calls of that operation there were so far.
    pub fn calls(&self, operation: &str) -> usize {
        self.plan.lock().unwrap().calls.get(&operation.to_ascii_lowercase()).copied().unwrap_or_default()
    }
}

/// One call a connection; the SDK opens another for the next.
async fn pass(mut client: TcpStream, upstream: &str, plan: &Mutex<Plan>) {
    let Some(request) = message(&mut client).await else { return };
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let fate = {
        let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target:"));
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().trim();
        let mut plan = plan.lock().unwrap();
        *plan.calls.entry(operation.to_owned()).or_default() += 1;
        let at = plan.next.iter().position(|(planned, _)| planned == operation);
        at.map(|at| plan.next.remove(at).1)
    };
    let mut answer = Vec::new();
    if !matches!(fate, Some(Fate::Throttled | Fate::Contended)) {
        let mut server = TcpStream::connect(upstream).await.unwrap();
        server.write_all(&request).await.unwrap();
        answer = message(&mut server).await.unwrap_or_default();
    }
    let fault = |status: &str, code: &str| {
        let body = format!("{{\"__type\":\"{code}\",\"message\":\"for a test\"}}");
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}", body.len());
        format!("{head}\r\nconnection: close\r\n\r\n{body}").into_bytes()
    };
    match fate {
        Some(Fate::Throttled) => answer = fault("400 Bad Request", "TooManyRequestsException"),
        Some(Fate::BrokenAfter) => answer = fault("500 Internal Server Error", "InternalErrorException"),
        Some(Fate::Undelivered) => answer = fault("400 Bad Request", "CodeDeliveryFailureException"),
        Some(Fate::Contended) => answer = fault("400 Bad Request", "ConcurrentModificationException"),
        Some(Fate::Unanswered) => return std::future::pending().await,
        None => {}
    }
    let _gone = client.write_all(&answer).await;
    let _closed = client.shutdown().await;
}

/// A whole message: its head, and as much body as the head says. Emulators do not send bodies in chunks.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
            if all.len() >= end + 4 + length {
                return Some(all);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => all.extend_from_slice(&buffer[..read]),
        }
    }
}
