//! Calls to Cognito: each waits its turn, and one that comes to nothing says which it was.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::BoxFuture;
use tenantry_ports::identity::IdentityError;

use crate::fault::{Call, Fault, Kind};
use crate::limits::{Busy, Family, Limits};

pub(super) struct Cognito {
    pub(super) client: Client,
    /// Without the SDK's retries: for calls that make another thing each time they are made.
    pub(super) once: Client,
    limits: Limits,
}

/// Why a call was not made, or came to nothing.
#[derive(Debug)]
pub(super) enum CallError {
    Busy(Busy),
    Fault(Fault),
    /// Something else that the call stands on.
    Other(IdentityError),
}

impl Cognito {
    pub(super) fn new(sdk: &SdkConfig, limits: Limits) -> Self {
        let once = Builder::from(sdk).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::new(sdk), once: Client::from_conf(once), limits }
    }

    /// Makes the call when it is its turn. Boxed, as the SDK's calls are large.
    pub(super) fn ask<'a, T, E>(
        &'a self,
        family: Family,
        named: Call,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, CallError>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        Box::pin(async move {
            self.limits.take(family).await.map_err(CallError::Busy)?;
            sent.await.map_err(|error| {
                let fault = named.fault(error);
                if fault.kind == Kind::Throttled {
                    self.limits.throttled(family);
                }
                CallError::Fault(fault)
            })
        })
    }
}

impl CallError {
    /// Whether Cognito answered with that code.
    pub(super) fn is(&self, code: &str) -> bool {
        matches!(self, Self::Fault(fault) if fault.code.as_deref() == Some(code))
    }

    /// Whether Cognito has understood and will not: nothing was done, and the same again changes nothing.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Fault(fault) if matches!(fault.kind, Kind::Refused | Kind::Missing))
    }
}

impl CallError {
    /// Whether the same again may be answered: none was, or one too many at a time.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Fault(fault) if matches!(fault.kind, Kind::Throttled | Kind::Unanswered(_)))
    }

    /// Whether it may have been done all the same.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self, Self::Fault(fault) if matches!(fault.kind, Kind::Unanswered(_)))
    }
}

/// What is not there is none.
pub(super) fn there<T>(answer: Result<T, CallError>, missing: &str) -> Result<Option<T>, CallError> {
    match answer {
        Err(error) if error.is(missing) => Ok(None),
        other => other.map(Some),
    }
}

impl From<CallError> for IdentityError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Busy(busy) => busy.into(),
            CallError::Fault(fault) => fault.into(),
            CallError::Other(error) => error,
        }
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<IdentityError> for CallError {
    fn from(error: IdentityError) -> Self {
        Self::Other(error)
    }
}

pub(super) const NO_USER: &str = "UserNotFoundException";
pub(super) const NO_POOL: &str = "ResourceNotFoundException";
pub(super) const NO_GROUP: &str = NO_POOL;
pub(super) const USER_EXISTS: &str = "UsernameExistsException";
/// A user whose first password is still the one in the mail.
pub(super) const FRESH: &str = "FORCE_CHANGE_PASSWORD";
pub(super) const ALIAS_EXISTS: &str = "AliasExistsException";

/// Attributes of a user, as Cognito takes them.
pub(super) fn attributes<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<AttributeType>, IdentityError> {
    let built = pairs.into_iter().map(|(name, value)| AttributeType::builder().name(name).value(value).build());
    built.collect::<Result<_, _>>().map_err(|e| IdentityError::broken("a user's attributes could not be built", e))
}

/// One of them, as Cognito gives them.
pub(super) fn attribute<'a>(attributes: &'a [AttributeType], name: &str) -> &'a str {
    attributes.iter().find(|a| a.name() == name).and_then(AttributeType::value).unwrap_or_default()
}
