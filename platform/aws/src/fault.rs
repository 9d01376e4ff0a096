//! What went wrong with a call to AWS, in words that name the call and what it was about.

mod kind;

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tenantry_ports::error::{Applied, Cause};

pub use self::kind::Kind;
pub(crate) use self::kind::UNDELIVERED;
use self::kind::{kind_of, kind_without_code};
use crate::limits::quotas;

/// A failed call that no adapter has an answer to of its own.
#[derive(Debug, thiserror::Error)]
#[error("{call} of {resource} failed: {why}")]
pub struct Fault {
    /// Such as `dynamodb:TransactWriteItems`.
    pub call: &'static str,
    /// What it was about, such as `table prod-ControlPlane`.
    pub resource: String,
    pub kind: Kind,
    /// AWS's error code, if AWS answered.
    pub code: Option<String>,
    why: String,
    #[source]
    cause: Option<Cause>,
}

impl Fault {
    /// Whether it is the credentials themselves that are no good any more, and not what they may do: other ones help.
    pub fn is_of_credentials(&self) -> bool {
        let over = ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"];
        self.code.as_deref().is_some_and(|code| over.contains(&code))
    }
}

/// Names a call for its errors: `call("sqs:SendMessage", "queue x")`.
#[derive(Debug, Clone)]
pub struct Call {
    name: &'static str,
    resource: String,
}

pub fn call(name: &'static str, resource: impl Into<String>) -> Call {
    Call { name, resource: resource.into() }
}

impl Call {
    /// To be used as `.map_err(|e| call.fault(e))`.
    pub fn fault<E>(self, error: SdkError<E, HttpResponse>) -> Fault
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        let (kind, why) = match &error {
            SdkError::ConstructionFailure(_) => (Kind::Refused, "the request could not be built".to_owned()),
            SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(is_credentials) => {
                (Kind::Denied, "no usable AWS credentials were found".to_owned())
            }
            SdkError::DispatchFailure(_) => (Kind::Unanswered(Applied::Unknown), "AWS could not be reached".to_owned()),
            SdkError::TimeoutError(_) => (Kind::Unanswered(Applied::Unknown), "AWS did not answer in time".to_owned()),
            SdkError::ResponseError(_) => {
                (Kind::Unanswered(Applied::Unknown), "AWS's answer could not be read".to_owned())
            }
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                let said = error.message().unwrap_or("no reason given");
                match code.as_deref() {
                    Some(code) => {
                        let kind = kind_of(self.name, code, said, status);
                        let hit = if kind == Kind::Quota { quotas::hit(self.name, code, said) } else { None };
                        let hit = hit.map(|hit| format!(". It hit {hit}")).unwrap_or_default();
                        (kind, format!("{code}: {said}{hit}"))
                    }
                    None => (kind_without_code(status), format!("HTTP {status} without a reason")),
                }
            }
            _ => (Kind::Unanswered(Applied::Unknown), "the SDK failed".to_owned()),
        };
        Fault { call: self.name, resource: self.resource, kind, code, why, cause: Some(Box::new(error)) }
    }

    /// A call that was answered, but not as the service's documentation has it.
    pub fn nonsense(self, why: impl Into<String>) -> Fault {
        let kind = Kind::Refused;
        Fault { call: self.name, resource: self.resource, kind, code: None, why: why.into(), cause: None }
    }
}

/// The SDK reports credentials that it cannot find or load as a failure to dispatch.
fn is_credentials(failure: &aws_smithy_runtime_api::client::result::ConnectorError) -> bool {
    use aws_credential_types::provider::error::CredentialsError;
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(failure);
    while let Some(error) = source {
        if error.is::<CredentialsError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// How long to leave AWS alone after a throttled call that the SDK's own tries did not get through.
const REST: Duration = Duration::from_secs(1);

macro_rules! into_port_error {
    ($($error:path),+ $(,)?) => { $(
        impl From<Fault> for $error {
            fn from(fault: Fault) -> Self {
                // Its words say what is under it, too.
                let what = fault.to_string();
                match fault.kind {
                    Kind::Throttled | Kind::Contended => {
                        // Whoever asked is told to come back, and not why.
                        tracing::warn!(what, "AWS is to be left alone for a moment");
                        Self::Busy { retry_after: REST }
                    }
                    Kind::Quota => Self::Full { what },
                    Kind::Unanswered(applied) => Self::Unavailable { what, applied, cause: None },
                    // Credentials are renewed and permissions granted without us: worth trying again.
                    Kind::Denied => Self::Unavailable { what, applied: Applied::No, cause: None },
                    Kind::Missing | Kind::Refused => Self::Broken { what, cause: None },
                }
            }
        }
    )+ };
}

into_port_error!(
    tenantry_ports::bus::BusError,
    tenantry_ports::data::DataError,
    tenantry_ports::identity::IdentityError,
    tenantry_ports::store::StoreError,
);
