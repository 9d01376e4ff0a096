//! How we talk to AWS: one configuration for every client.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};

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

pub async fn load() -> SdkConfig {
    loader().load().await
}
