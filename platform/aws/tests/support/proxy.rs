//! Somebody between the SDK and an emulator who passes calls on, and does not always.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refused as one too many; nothing is done.
    Throttled,
    /// Refused as the credentials' time is over; nothing is done.
    Expired,
    /// A server error before anything is done.
    ErrorBefore,
    /// It is done, and the answer is a server error.
    ErrorAfter,
    /// The connection ends before anything is done.
    CutBefore,
    /// It is done, and the connection ends without an answer.
    CutAfter,
    /// Nothing is done, and no answer comes.
    HeldBefore,
    /// It is done, and no answer comes.
    HeldAfter,
}

impl Fault {
    /// Those that happen by themselves.
    pub const ALL: [Self; 5] = [Self::Throttled, Self::ErrorBefore, Self::ErrorAfter, Self::CutBefore, Self::CutAfter];
}

/// Listens until dropped.
pub struct Proxy {
    pub url: String,
    state: Arc<State>,
    listening: AbortHandle,
}

struct State {
    upstream: String,
    client: reqwest::Client,
    plan: Mutex<Plan>,
    one_at_a_time: Option<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Plan {
    /// Of a thousand calls.
    share: u32,
    random: u64,
    next: HashMap<String, VecDeque<Fault>>,
    failed: u64,
    calls: HashMap<String, u64>,
    edits: HashMap<String, Arc<Edit>>,
    watches: HashMap<String, Arc<Watch>>,
}

/// Changes an answer, by what was asked.
type Edit = dyn Fn(&Value, &mut Value) + Send + Sync;

/// Sees what was asked, and how it was answered.
type Watch = dyn Fn(&Value, StatusCode) + Send + Sync;

impl Proxy {
    /// Passes everything on until told otherwise.
    pub async fn start(upstream: &str) -> Self {
        Self::listen(upstream, None).await
    }

    /// Passes one call on after the other, for an emulator whose calls get into each other's way.
    pub async fn one_at_a_time(upstream: &str) -> Self {
        Self::listen(upstream, Some(tokio::sync::Mutex::new(()))).await
    }

    async fn listen(upstream: &str, one_at_a_time: Option<tokio::sync::Mutex<()>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (client, plan) = (reqwest::Client::new(), Mutex::default());
        let state = Arc::new(State { upstream: upstream.to_owned(), client, plan, one_at_a_time });
        let serving = state.clone();
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| serve(state.clone(), request));
                    // A connection that we cut ends with an error here.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { url, state, listening: listening.abort_handle() }
    }

    /// Fails this many of a thousand calls, in all ways by turns; the same seed fails the same ones.
    pub fn fail(&self, of_a_thousand: u32, seed: u64) {
        let mut plan = self.state.plan.lock().unwrap();
        (plan.share, plan.random) = (of_a_thousand, seed);
    }

    /// What becomes of the next calls of this name, such as `TransactWriteItems`, one after the other.
    pub fn next(&self, operation: &str, faults: impl IntoIterator<Item = Fault>) {
        self.state.plan.lock().unwrap().next.entry(operation.to_owned()).or_default().extend(faults);
    }

    /// Edits the answers to calls of this name from now on.
    pub fn edits(&self, operation: &str, edit: impl Fn(&Value, &mut Value) + Send + Sync + 'static) {
        self.state.plan.lock().unwrap().edits.insert(operation.to_owned(), Arc::new(edit));
    }

    /// Shows calls of this name, once they are carried out.
    pub fn watch(&self, operation: &str, watch: impl Fn(&Value, StatusCode) + Send + Sync + 'static) {
        self.state.plan.lock().unwrap().watches.insert(operation.to_owned(), Arc::new(watch));
    }

    /// How many calls of this name there were so far.
    pub fn calls(&self, operation: &str) -> u64 {
        self.state.plan.lock().unwrap().calls.get(operation).copied().unwrap_or_default()
    }

    /// How many calls failed so far.
    pub fn failed(&self) -> u64 {
        self.state.plan.lock().unwrap().failed
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Plan {
    fn fault(&mut self, operation: &str) -> Option<Fault> {
        *self.calls.entry(operation.to_owned()).or_default() += 1;
        let told = self.next.get_mut(operation).and_then(VecDeque::pop_front);
        let fault = told.or_else(|| {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = u32::try_from(self.random >> 33).unwrap();
            (number % 1_000 < self.share).then(|| Fault::ALL[(number / 1_000) as usize % Fault::ALL.len()])
        });
        // One that is held counts when it is.
        let held = matches!(fault, Some(Fault::HeldBefore | Fault::HeldAfter));
        self.failed += u64::from(fault.is_some() && !held);
        fault
    }
}

async fn serve(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let operation = operation(&parts, &body);
    let (fault, edit, watch) = {
        let mut plan = state.plan.lock().unwrap();
        (plan.fault(&operation), plan.edits.get(&operation).cloned(), plan.watches.get(&operation).cloned())
    };
    match fault {
        Some(Fault::Throttled) => return Ok(throttled(&parts, &body)),
        Some(Fault::Expired) => return Ok(expired(&parts, &body)),
        Some(Fault::ErrorBefore) => return Ok(server_error()),
        Some(Fault::CutBefore) => return Err(io::Error::other("cut")),
        Some(Fault::HeldBefore) => {
            state.plan.lock().unwrap().failed += 1;
            return std::future::pending().await;
        }
        Some(Fault::ErrorAfter | Fault::CutAfter | Fault::HeldAfter) | None => {}
    }
    let asked = body.clone();
    let mut answer = forward(&state, parts, body).await.map_err(io::Error::other)?;
    if let Some(watch) = watch {
        watch(&serde_json::from_slice(&asked).map_err(io::Error::other)?, answer.status());
    }
    if let Some(edit) = edit {
        let read = |bytes: &[u8]| serde_json::from_slice(bytes).map_err(io::Error::other);
        let mut edited = read(&answer.into_body().collect().await.map_err(io::Error::other)?.to_bytes())?;
        edit(&read(&asked)?, &mut edited);
        answer = Response::new(Full::new(edited.to_string().into()));
        answer.headers_mut().insert("content-type", http::HeaderValue::from_static("application/x-amz-json-1.1"));
    }
    match fault {
        Some(Fault::ErrorAfter) => Ok(server_error()),
        Some(Fault::CutAfter) => Err(io::Error::other("cut")),
        Some(Fault::HeldAfter) => {
            state.plan.lock().unwrap().failed += 1;
            std::future::pending().await
        }
        _ => Ok(answer),
    }
}

/// As the JSON protocols name it in a header, the query protocols in the body. Cloud Map has services as ECS has: its
/// operations are `CloudMap.CreateService` and the like.
fn operation(parts: &http::request::Parts, body: &Bytes) -> String {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.rsplit_once('.'));
    if let Some((service, operation)) = target {
        let cloud_map = service.starts_with("Route53AutoNaming") && operation.contains("Service");
        return if cloud_map { format!("CloudMap.{operation}") } else { operation.to_owned() };
    }
    let action = || {
        let text = std::str::from_utf8(body).ok()?;
        text.split('&').find_map(|pair| pair.strip_prefix("Action="))
    };
    action().unwrap_or_else(|| parts.uri.path()).to_owned()
}

async fn forward(
    state: &State,
    parts: http::request::Parts,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, reqwest::Error> {
    let _turn = match &state.one_at_a_time {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    let mut headers = parts.headers;
    headers.remove("host");
    let url = format!("{}{}", state.upstream, parts.uri);
    let answer = state.client.request(parts.method, url).headers(headers).body(body).send().await?;
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    headers.remove("content-length");
    let mut response = Response::new(Full::new(answer.bytes().await?));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}

/// EC2's form of the query protocol; its calls say this version.
const EC2: &str = "Version=2016-11-15";

fn is_ec2(body: &Bytes) -> bool {
    body.windows(EC2.len()).any(|window| window == EC2.as_bytes())
}

/// In the words of each protocol.
fn throttled(parts: &http::request::Parts, body: &Bytes) -> Response<Full<Bytes>> {
    let (kind, body) = if parts.headers.contains_key("x-amz-target") {
        ("application/x-amz-json-1.0", r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#)
    } else if is_ec2(body) {
        (
            "text/xml",
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>\
             </Error></Errors><RequestID>0</RequestID></Response>",
        )
    } else {
        (
            "text/xml",
            "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
        )
    };
    answer(StatusCode::BAD_REQUEST, kind, body)
}

/// In the words of each protocol.
fn expired(parts: &http::request::Parts, body: &Bytes) -> Response<Full<Bytes>> {
    let (kind, body) = if parts.headers.contains_key("x-amz-target") {
        (
            "application/x-amz-json-1.0",
            r#"{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}"#,
        )
    } else if is_ec2(body) {
        (
            "text/xml",
            "<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has expired.</Message></Error>\
             </Errors><RequestID>0</RequestID></Response>",
        )
    } else {
        (
            "text/xml",
            "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token included in the request is \
             expired</Message></Error></ErrorResponse>",
        )
    };
    answer(StatusCode::BAD_REQUEST, kind, body)
}

fn server_error() -> Response<Full<Bytes>> {
    answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "")
}

fn answer(status: StatusCode, kind: &'static str, body: &'static str) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status).header("content-type", kind);
    response.body(Full::from(body)).unwrap()
}
