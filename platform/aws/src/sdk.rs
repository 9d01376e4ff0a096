//! How we talk to AWS: one configuration for every client.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_types::error::display::DisplayErrorContext;

/// Connecting takes longer than this only when nobody is there.
const CONNECT: Duration = Duration::from_secs(3);
/// One try of a call.
const TRY: Duration = Duration::from_secs(10);
/// A call with all its tries: well below the time a claim is held, so that a worker that waits for AWS still
/// knows whether it holds what it works on.
const CALL: Duration = Duration::from_secs(25);
const TRIES: u32 = 4;

/// Before anything is loaded: what every role has in common. Environment and profile add the rest.
///
/// The SDK's adaptive mode would hold all calls of a client back after one was throttled, for one table or one tenant's
/// pool as for all; AWS advises it for clients of a single resource only. What an API family may bear is known before
/// it is hit: see `limits`.
pub fn loader() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(TRY)
        .operation_timeout(CALL)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
}

/// What the SDK needs and did not find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    #[error("no AWS region is set: set AWS_REGION, or name a profile that has one with AWS_PROFILE")]
    Region,
    #[error(
        "there are no AWS credentials here: run it with a task role, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY"
    )]
    Credentials,
}

/// As the environment has it. That credentials are here says nothing of what they are good for.
pub async fn load() -> Result<SdkConfig, Missing> {
    let sdk = loader().load().await;
    if sdk.region().is_none() {
        return Err(Missing::Region);
    }
    let found = sdk.credentials_provider().ok_or(Missing::Credentials)?.provide_credentials().await;
    found.map_err(|error| {
        // Each of the places that were searched says why it has none; who looks for one of them wants to know.
        tracing::debug!(error = %DisplayErrorContext(&error), "no credentials");
        Missing::Credentials
    })?;
    Ok(sdk)
}
