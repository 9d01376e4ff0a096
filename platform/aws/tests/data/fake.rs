//! An AWS of two services that answers inside the process and remembers what it was asked.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use tenantry_conformance::subject::HandClock;
use tenantry_ports::clock::Clock;

/// How long the fake's credentials live.
pub const LIFE: Duration = Duration::from_secs(3_600);
/// The access key of the process itself.
pub const OWN: &str = "AKIAOWN";

/// A call to STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed {
    pub role: String,
    pub session: String,
    pub policy: String,
    pub seconds: String,
}

/// A call to DynamoDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    pub operation: String,
    pub access_key: String,
    pub token: Option<String>,
    pub body: serde_json::Value,
}

pub struct Fake {
    clock: Arc<HandClock>,
    assumed: Mutex<Vec<Assumed>>,
    called: Mutex<Vec<Called>>,
    /// STS says no.
    pub sts_fails: AtomicBool,
    /// DynamoDB says that the credentials are over.
    pub refuses: AtomicBool,
    /// DynamoDB says that the credentials may not do this.
    pub denies: AtomicBool,
    given: AtomicU64,
}

impl Fake {
    pub fn new(clock: Arc<HandClock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            assumed: Mutex::default(),
            called: Mutex::default(),
            sts_fails: AtomicBool::default(),
            refuses: AtomicBool::default(),
            denies: AtomicBool::default(),
            given: AtomicU64::default(),
        })
    }

    pub fn sdk(self: &Arc<Self>) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(OWN, "own", None, None, "tests")))
            .retry_config(RetryConfig::disabled())
            .http_client(Handle(Arc::clone(self)))
            .build()
    }

    pub fn assumed(&self) -> Vec<Assumed> {
        self.assumed.lock().unwrap().clone()
    }

    pub fn called(&self) -> Vec<Called> {
        self.called.lock().unwrap().clone()
    }

    fn sts(&self, form: &[u8]) -> (u16, String) {
        let fields: std::collections::HashMap<_, _> = url::form_urlencoded::parse(form).into_owned().collect();
        assert_eq!(fields["Action"], "AssumeRole");
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        self.assumed.lock().unwrap().push(Assumed {
            role: field("RoleArn"),
            session: field("RoleSessionName"),
            policy: field("Policy"),
            seconds: field("DurationSeconds"),
        });
        if self.sts_fails.load(Ordering::SeqCst) {
            let error = "<Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message>";
            return (403, format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"));
        }
        let n = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        let tenant = field("RoleSessionName");
        let ends = Clock::now(&*self.clock).plus(LIFE);
        let xml = format!(
            r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
            <AccessKeyId>ASIA-{tenant}-{n}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
            <SessionToken>token-{tenant}-{n}</SessionToken><Expiration>{ends}</Expiration>
            </Credentials></AssumeRoleResult></AssumeRoleResponse>"#
        );
        (200, xml)
    }

    fn dynamodb(&self, target: &str, request: &HttpRequest) -> (u16, String) {
        let signed = request.headers().get("authorization").unwrap_or_default();
        let access_key = signed.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/')).unwrap().0;
        self.called.lock().unwrap().push(Called {
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            access_key: access_key.to_owned(),
            token: request.headers().get("x-amz-security-token").map(str::to_owned),
            body: serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap(),
        });
        if self.refuses.load(Ordering::SeqCst) {
            return (400, r#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"over"}"#.to_owned());
        }
        if self.denies.load(Ordering::SeqCst) {
            return (400, r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#.to_owned());
        }
        (200, r#"{"Items":[],"Count":0}"#.to_owned())
    }
}

/// What the SDK holds.
#[derive(Clone)]
struct Handle(Arc<Fake>);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fake AWS")
    }
}

impl HttpClient for Handle {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Handle {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fake = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            // Others get their turn in between, as they would with a network.
            tokio::task::yield_now().await;
            let (status, body) = match request.headers().get("x-amz-target") {
                Some(target) => fake.dynamodb(target, &request),
                None => fake.sts(request.body().bytes().unwrap_or_default()),
            };
            Ok(HttpResponse::new(status.try_into().expect("it is a status"), SdkBody::from(body)))
        })
    }
}
