//! A server that answers as it was told, and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method, path and query.
    pub line: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A body, made of whatever is at hand.
pub struct Text(String);

impl From<Value> for Text {
    fn from(json: Value) -> Self {
        Self(json.to_string())
    }
}

impl From<&Value> for Text {
    fn from(json: &Value) -> Self {
        Self(json.to_string())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[derive(Default)]
struct Script {
    /// Answers by request line; the last one stays.
    answers: BTreeMap<String, VecDeque<(u16, String)>>,
    asked: Vec<Asked>,
}

#[derive(Clone, Default)]
struct Shared {
    script: Arc<Mutex<Script>>,
}

pub struct Fake {
    address: SocketAddr,
    shared: Shared,
    dir: TempDir,
}

impl Fake {
    pub async fn start() -> Self {
        let shared = Shared::default();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared, dir: tempfile::tempdir().unwrap() }
    }

    /// One that has a person signed in.
    pub async fn signed_in() -> Self {
        let fake = Self::start().await;
        fake.keep("access-1", "2999-01-01T00:00:00.000Z", &json!({ "refreshToken": "refresh-1" }));
        fake
    }

    pub fn keep(&self, access: &str, expires: &str, renewal: &Value) {
        let session = json!({
            "issuer": format!("{}/local_admins", self.url()), "clientId": "people",
            "accessToken": access, "expiresAt": expires, "renewal": renewal,
        });
        let file = json!({ "latest": self.url(), "sessions": { self.url(): session } });
        std::fs::write(self.session_file(), file.to_string()).unwrap();
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn session_file(&self) -> PathBuf {
        self.dir.path().join("session.json")
    }

    /// A file beside the session's.
    pub fn file(&self, name: &str, contents: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path.display().to_string()
    }

    /// The next answer to a request such as `GET /tenants?limit=10`; after the last one it stays.
    pub fn on(&self, line: &str, status: u16, body: impl Into<Text>) -> &Self {
        let mut script = self.shared.script.lock().unwrap();
        script.answers.entry(line.to_owned()).or_default().push_back((status, body.into().0));
        self
    }

    pub fn asked(&self, line: &str) -> Vec<Asked> {
        let script = self.shared.script.lock().unwrap();
        script.asked.iter().filter(|asked| asked.line == line).cloned().collect()
    }
}

async fn answer(State(shared): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let line = match headers.get("x-amz-target") {
        Some(target) => format!("{} {}", target.to_str().unwrap(), json_text(&body, "AuthFlow")),
        None => format!("{method} {uri}"),
    };
    let (status, text) = {
        let mut script = shared.script.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        script.asked.push(Asked { line: line.clone(), headers, body });
        match script.answers.get_mut(&line) {
            Some(answers) if answers.len() > 1 => answers.pop_front().unwrap(),
            Some(answers) => answers[0].clone(),
            None => (404, json!({ "message": format!("no answer to {line}"), "statusCode": 404 }).to_string()),
        }
    };
    let content_type = if text.starts_with('{') { "application/json" } else { "text/event-stream" };
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", content_type)
        .header("retry-after", "0")
        .body(Body::from(text))
        .unwrap()
}

fn json_text(body: &[u8], name: &str) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    value[name].as_str().unwrap_or_default().to_owned()
}
