//! An SQS queue, found by its name.

use std::fmt;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use tokio::sync::OnceCell;

use crate::fault::{Call, Fault, call};

pub struct Queue {
    pub client: Client,
    name: String,
    url: OnceCell<String>,
}

/// SQS gives and takes so many at once.
pub const MOST: usize = 10;
/// SQS waits no longer than this for a message.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// What is added to the wait until SQS counts as silent.
const GRACE: Duration = Duration::from_secs(10);
/// SQS hides nothing for longer than twelve hours from its receipt on; the rest is for what it has been out already.
const LONGEST_HIDE: Duration = Duration::from_secs(12 * 60 * 60 - 10 * 60);

impl Queue {
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name, url: OnceCell::new() }
    }

    pub fn call(&self, name: &'static str) -> Call {
        call(name, self.to_string())
    }

    pub async fn url(&self) -> Result<&str, Fault> {
        let find = || async {
            let found = self.client.get_queue_url().queue_name(&self.name).send().await;
            let found = found.map_err(|e| self.call("sqs:GetQueueUrl").fault(e))?;
            found.queue_url.ok_or_else(|| self.call("sqs:GetQueueUrl").nonsense("the answer has no address"))
        };
        self.url.get_or_try_init(find).await.map(String::as_str)
    }

    pub async fn receive(&self, max: usize, wait: Duration, hide: Duration) -> Result<Vec<Message>, Fault> {
        // SQS counts in seconds.
        let wait = whole(wait).min(LONGEST_WAIT.as_secs());
        let asked = Duration::from_secs(wait) + GRACE;
        let patience = TimeoutConfig::builder().operation_attempt_timeout(asked).operation_timeout(asked * 2).build();
        let received = self
            .client
            .receive_message()
            .queue_url(self.url().await?)
            .max_number_of_messages(i32::try_from(max.min(MOST)).unwrap_or(1))
            .wait_time_seconds(i32::try_from(wait).unwrap_or_default())
            .visibility_timeout(seconds(hide))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names("All")
            .customize()
            .config_override(aws_sdk_sqs::config::Builder::new().timeout_config(patience))
            .send()
            .await;
        let received = received.map_err(|e| self.call("sqs:ReceiveMessage").fault(e))?;
        Ok(received.messages.unwrap_or_default())
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue {}", self.name)
    }
}

/// A time to hide a message for, in SQS's seconds.
pub fn seconds(time: Duration) -> i32 {
    i32::try_from(whole(time.min(LONGEST_HIDE))).unwrap_or(i32::MAX)
}

/// Never shorter than asked.
fn whole(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

/// A number among a message's attributes.
pub fn number<T: std::str::FromStr>(message: &Message, name: &MessageSystemAttributeName) -> Option<T> {
    message.attributes()?.get(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_whole_and_have_a_limit() {
        let of = |millis| seconds(Duration::from_millis(millis));
        assert_eq!([0, 1, 1_000, 1_001].map(of), [0, 1, 1, 2]);
        assert_eq!(seconds(Duration::MAX), 42_600);
    }
}
