//! Calls to the admin API.

use std::fmt::Write;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::args::Common;
use super::connection::Connection;
use super::error::{ClientError, Refusal};

/// An answer that takes longer is lost.
const WHOLE: Duration = Duration::from_secs(60);
/// So often in all, with pauses that double.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

pub struct Api(Connection);

/// One request, the same at each try: its idempotency key too.
struct Call<'a> {
    method: Method,
    url: String,
    body: Option<&'a Value>,
    key: Option<String>,
}

impl Api {
    pub fn open(common: &Common) -> Result<Self, ClientError> {
        Connection::open(common).map(Self)
    }

    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.call(Method::GET, self.url(path, query)?, None, true).await
    }

    /// Without a sign-in.
    pub async fn get_public(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.call(Method::GET, self.url(path, query)?, None, false).await
    }

    pub async fn send(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Value, ClientError> {
        self.call(method, self.url(path, &[])?, body, true).await
    }

    /// An answer that goes on, such as events.
    pub async fn stream(&self, path: &[&str], query: &[(&str, &str)], last: &str) -> Result<Response, ClientError> {
        let call = Call { method: Method::GET, url: self.url(path, query)?, body: None, key: None };
        let mut request = self.request(&call).header("accept", "text/event-stream");
        if !last.is_empty() {
            request = request.header("last-event-id", last);
        }
        let response = self.signed(&request).await?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response, &call.url).await) }
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<String, ClientError> {
        let wrong = || ClientError::Address { url: self.0.base.clone() };
        let mut url = url::Url::parse(&self.0.base).map_err(|_| wrong())?;
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url.into())
    }

    async fn call(
        &self,
        method: Method,
        url: String,
        body: Option<&Value>,
        signed: bool,
    ) -> Result<Value, ClientError> {
        let key = if method == Method::POST { Some(fresh_key()?) } else { None };
        let call = Call { method, url, body, key };
        let mut tries = 1;
        loop {
            let request = self.request(&call).timeout(WHOLE);
            let sent = if signed { self.signed(&request).await } else { plain(&request, &self.0.base).await };
            let pause = match &sent {
                Ok(response) if passing(response.status()) => asked_pause(response).unwrap_or(PAUSE * (1 << tries)),
                Err(ClientError::Broken { .. }) => PAUSE * (1 << tries),
                _ => return self.read(sent?, &call.url).await,
            };
            if tries == TRIES || pause > LONGEST_PAUSE {
                return self.read(sent?, &call.url).await;
            }
            tries += 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn read(&self, response: Response, url: &str) -> Result<Value, ClientError> {
        if !response.status().is_success() {
            return Err(refusal(response, url).await);
        }
        let body = response.bytes().await.map_err(|error| ClientError::unanswered(url, &error))?;
        let strange = |_| ClientError::Strange { url: self.0.base.clone(), what: "its answer is no JSON".to_owned() };
        serde_json::from_slice(&body).map_err(strange)
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let mut request = self.0.http.request(call.method.clone(), &call.url);
        if let Some(body) = call.body {
            request = request.json(body);
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        request
    }

    /// With a token; with a new one if the API does not take it.
    async fn signed(&self, request: &RequestBuilder) -> Result<Response, ClientError> {
        let token = self.0.token().await?;
        let first = plain(&with_token(request, &token), &self.0.base).await?;
        if first.status() != StatusCode::UNAUTHORIZED {
            return Ok(first);
        }
        let token = self.0.another_token(&token).await?;
        let second = plain(&with_token(request, &token), &self.0.base).await?;
        if second.status() == StatusCode::UNAUTHORIZED {
            return Err(ClientError::SignInEnded("the API does not take its token".to_owned()));
        }
        Ok(second)
    }
}

fn with_token(request: &RequestBuilder, token: &str) -> RequestBuilder {
    // Bodies are in memory, so a request can always be had again.
    copy(request).bearer_auth(token)
}

fn copy(request: &RequestBuilder) -> RequestBuilder {
    match request.try_clone() {
        Some(copy) => copy,
        None => unreachable!("a body in memory can be sent again"),
    }
}

async fn plain(request: &RequestBuilder, url: &str) -> Result<Response, ClientError> {
    copy(request).send().await.map_err(|error| ClientError::unanswered(url, &error))
}

async fn refusal(response: Response, url: &str) -> ClientError {
    let status = response.status();
    match response.bytes().await {
        Ok(body) => ClientError::Refused(Refusal::read(status, &body)),
        Err(error) => ClientError::unanswered(url, &error),
    }
}

fn passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn asked_pause(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn fresh_key() -> Result<String, ClientError> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(|error| ClientError::Usage(format!("no randomness: {error}")))?;
    Ok(bits.iter().fold(String::from("cli-"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
