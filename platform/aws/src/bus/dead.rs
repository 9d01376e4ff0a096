//! What was given up on: reading a dead-letter queue without emptying it.

use std::cmp::Reverse;
use std::time::Duration;

use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName};
use tenantry_ports::bus::{DeadLetter, MAX_RECEIVES};

use super::queue::{MOST, Queue, number};
use crate::fault::Fault;

/// The attribute of a message that says why we rejected it.
pub const REASON: &str = "reason";
/// Attributes EventBridge gives what it could not deliver.
const CODE: &str = "ERROR_CODE";
const MESSAGE: &str = "ERROR_MESSAGE";

/// SQS cannot show a message without hiding it; should we die while looking, it is hidden for so long.
const HIDE: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_secs(1);
/// Nobody reads on by hand; and SQS has no order to start from the newest.
const LOOK_AT: usize = 1_000;

/// The newest of the first [`LOOK_AT`] that SQS shows.
pub async fn newest(queue: &Queue, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
    let mut found = Vec::new();
    let looked = look(queue, &mut found).await;
    // Whatever was seen is shown to the next who looks, also when looking failed half-way.
    let released = release(queue, &found).await;
    looked?;
    released?;
    found.sort_by_key(|message| Reverse(sent(message)));
    Ok(found.into_iter().take(limit).map(letter).collect())
}

async fn look(queue: &Queue, found: &mut Vec<Message>) -> Result<(), Fault> {
    while found.len() < LOOK_AT {
        let some = queue.receive(MOST, WAIT, HIDE).await?;
        if some.is_empty() {
            break;
        }
        found.extend(some);
    }
    Ok(())
}

/// One that cannot be released comes back by itself.
async fn release(queue: &Queue, messages: &[Message]) -> Result<(), Fault> {
    for some in messages.chunks(MOST) {
        let entries = some.iter().enumerate().filter_map(|(n, message)| {
            let handle = message.receipt_handle.clone()?;
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(n.to_string()).receipt_handle(handle);
            entry.visibility_timeout(0).build().ok()
        });
        let released = queue
            .client
            .change_message_visibility_batch()
            .queue_url(queue.url().await?)
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map_err(|e| queue.call("sqs:ChangeMessageVisibilityBatch").fault(e))?;
        for failed in released.failed {
            tracing::debug!(code = failed.code, "a dead letter of {queue} stays hidden for a while");
        }
    }
    Ok(())
}

fn sent(message: &Message) -> i64 {
    number(message, &MessageSystemAttributeName::SentTimestamp).unwrap_or_default()
}

fn letter(message: Message) -> DeadLetter {
    let reason = reason(&message);
    DeadLetter { body: message.body.unwrap_or_default().into_bytes(), reason }
}

fn reason(message: &Message) -> String {
    let attribute = |name| message.message_attributes()?.get(name)?.string_value();
    match (attribute(REASON), attribute(CODE)) {
        (Some(reason), _) => reason.to_owned(),
        (None, Some(code)) => {
            let message = attribute(MESSAGE).unwrap_or("no reason given");
            format!("EventBridge could not deliver it: {code}: {message}")
        }
        (None, None) => format!("delivered {MAX_RECEIVES} times and never acknowledged"),
    }
}

/// So long a reason is sent along.
const LONGEST: usize = 1_000;

/// A reason as an attribute may hold it: not empty, not long, and nothing XML cannot carry.
pub fn worded(reason: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}') || matches!(c, '\t' | '\n' | '\r');
    let worded: String = reason.chars().map(|c| if allowed(c) { c } else { '\u{FFFD}' }).take(LONGEST).collect();
    if worded.is_empty() { "no reason given".to_owned() } else { worded }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::types::MessageAttributeValue;

    use super::*;

    fn with(attributes: &[(&str, &str)]) -> Message {
        let value = |text| MessageAttributeValue::builder().data_type("String").string_value(text).build().unwrap();
        attributes.iter().fold(Message::builder(), |m, (name, text)| m.message_attributes(*name, value(*text))).build()
    }

    #[test]
    fn a_reason_is_found_whoever_gave_the_message_up() {
        assert_eq!(reason(&with(&[(REASON, "bad"), (CODE, "X")])), "bad");
        let undelivered = reason(&with(&[(CODE, "NO_PERMISSIONS"), (MESSAGE, "not allowed")]));
        assert_eq!(undelivered, "EventBridge could not deliver it: NO_PERMISSIONS: not allowed");
        assert_eq!(reason(&with(&[])), "delivered 10 times and never acknowledged");
    }

    #[test]
    fn a_reason_is_worded_so_that_sqs_takes_it() {
        assert_eq!(worded(""), "no reason given");
        assert_eq!(worded("a\u{0}b\u{7f}c\td \u{1F980}"), "a\u{FFFD}b\u{FFFD}c\td \u{1F980}");
        assert_eq!(worded(&"x".repeat(5_000)).len(), LONGEST);
    }
}
