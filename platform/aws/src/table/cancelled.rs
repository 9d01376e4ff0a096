//! Why a transaction was cancelled: a reason for each action, in order.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

use super::Item;

/// What the reasons come to. Nothing was written in any case.
pub(super) enum Cancelled {
    /// Conditions that did not hold, by action, each with the item as it was.
    Refused(BTreeMap<usize, Option<Item>>),
    /// Somebody else is at one of the items, or it is under too much load.
    Contended,
    /// The request makes no sense to DynamoDB.
    Nonsense(String),
}

/// None if the error is another one than a cancellation.
pub(super) fn cancelled(error: &TransactWriteItemsError) -> Option<Cancelled> {
    let TransactWriteItemsError::TransactionCanceledException(error) = error else { return None };
    let mut refused = BTreeMap::new();
    let mut contended = false;
    for (at, reason) in error.cancellation_reasons().iter().enumerate() {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => drop(refused.insert(at, reason.item().cloned())),
            "TransactionConflict" | "ProvisionedThroughputExceeded" | "ThrottlingError" => contended = true,
            _ => return Some(Cancelled::Nonsense(words(at, reason))),
        }
    }
    // What the contended items would have said is not known yet, and one of them may explain the others.
    Some(if contended || refused.is_empty() { Cancelled::Contended } else { Cancelled::Refused(refused) })
}

fn words(at: usize, reason: &CancellationReason) -> String {
    let code = reason.code().unwrap_or_default();
    format!("action {at} is refused: {code}: {}", reason.message().unwrap_or("no reason given"))
}
