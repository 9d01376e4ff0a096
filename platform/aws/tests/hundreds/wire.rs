//! Calls to an emulator that take no time by the simulated clock: it stands still while one is on its way, and every
//! call is written down with the moment it was made.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use tokio::runtime::{Handle, Runtime};

use crate::account::Account;
use crate::families::family;

/// Where the calls really go by. Its clock is the system's.
static OUTSIDE: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

#[derive(Debug, Clone)]
pub struct Wire {
    client: reqwest::Client,
    account: Option<Arc<Account>>,
    done: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Wire {
    /// Whose calls are written down there, if anywhere.
    pub fn new(account: Option<Arc<Account>>) -> Self {
        Self { client: reqwest::Client::new(), account, done: Arc::default() }
    }
}

impl Wire {
    /// What was done, by its name such as `ecs:CreateService`, and how often; what was only read is left out.
    pub fn changes(&self) -> BTreeMap<String, usize> {
        let read = |name: &str| ["Describe", "List", "Get"].iter().any(|word| name.contains(&format!(":{word}")));
        self.done.lock().unwrap().iter().filter(|(name, _)| !read(name)).map(|(n, c)| (n.clone(), *c)).collect()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (service, operation) = (signed_for(&request).to_owned(), operation(&request));
        let counted = self.account.as_ref().and_then(|account| Some((account, family(&service, &operation)?)));
        if let Some((account, family)) = &counted {
            account.call(*family);
        }
        let done = counted.map(|_| (Arc::clone(&self.done), format!("{service}:{operation}")));
        let (client, outside) = (self.client.clone(), OUTSIDE.handle().clone());
        HttpConnectorFuture::new(async move {
            // The runtime's clock does not run on by itself while such a task is there.
            let sent = tokio::task::spawn_blocking(move || outside_of_time(&outside, &client, request));
            let answer = sent.await.expect("it does not panic")?;
            if let Some((done, name)) = done.filter(|_| answer.status().is_success()) {
                *done.lock().unwrap().entry(name).or_default() += 1;
            }
            Ok(answer)
        })
    }
}

fn outside_of_time(
    outside: &Handle,
    client: &reqwest::Client,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let io = |error: reqwest::Error| ConnectorError::io(error.into());
    let request = request.try_into_http1x().expect("a request");
    let request = request.map(|body| body.bytes().expect("a body in memory").to_vec());
    outside.block_on(async {
        let response = client.execute(request.try_into().map_err(io)?).await.map_err(io)?;
        let response: http::Response<reqwest::Body> = response.into();
        let (parts, body) = response.into_parts();
        let body = http_body_util::BodyExt::collect(body).await.map_err(io)?.to_bytes();
        let response = http::Response::from_parts(parts, SdkBody::from(body));
        Ok(HttpResponse::try_from(response).expect("a response"))
    })
}

/// The service a request is signed for: `AWS4-HMAC-SHA256 Credential=KEY/DAY/REGION/SERVICE/aws4_request, …`.
fn signed_for(request: &HttpRequest) -> &str {
    let credential = request.headers().get("authorization").and_then(|signed| signed.split('/').nth(3));
    credential.expect("a signed request")
}

/// In a header, or the `Action` of a form.
fn operation(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let form = String::from_utf8_lossy(request.body().bytes().expect("a body in memory")).into_owned();
    let action = form.split('&').find_map(|field| field.strip_prefix("Action=")).map(str::to_owned);
    action.expect("a request that says what it wants")
}
