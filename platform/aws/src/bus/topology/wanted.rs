//! The documents that EventBridge and SQS are given: pattern and policies.

use serde_json::{Value, json};

use super::{Branch, Matched};

/// Names that are known only once a branch is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arns {
    pub rule: String,
    pub queue: String,
    pub dead_letters: String,
}

/// What the rule matches.
pub fn pattern(branch: &Branch) -> Value {
    match &branch.matched {
        Matched::These(names) => json!({ "detail-type": names }),
        Matched::AllOf { source, but } => json!({ "source": [source], "detail-type": [{ "anything-but": but }] }),
    }
}

/// Lets the rule, and nothing else of EventBridge's, send to the queue of that name: the queue itself, or the dead
/// letters, where what cannot be delivered goes.
pub fn queue_policy(queue: &str, arns: &Arns) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "FromRule",
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": { "ArnEquals": { "aws:SourceArn": arns.rule } },
        }],
    })
}

/// When the queue gives up.
pub fn redrive_policy(branch: &Branch, arns: &Arns) -> Value {
    json!({ "deadLetterTargetArn": arns.dead_letters, "maxReceiveCount": branch.max_receives })
}

/// Whose dead letters these are.
pub fn redrive_allow_policy(arns: &Arns) -> Value {
    json!({ "redrivePermission": "byQueue", "sourceQueueArns": [arns.queue] })
}
