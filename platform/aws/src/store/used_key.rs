//! `Idempotency-Key`s that ride on a write: the key is a condition of it. Expiry is compared in the condition.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};
use tenantry_contract::time::Timestamp;
use tenantry_ports::keys::{KEY_LIFETIME, Key as ClientsKey, StoredAnswer, Taken};
use tenantry_ports::store::StoreError;

use crate::table::{Action, Expression, Intent, Item, Key, Read, expires_at};

/// A key's item: its scope may be long, its digest is not.
pub(crate) fn item_key(key: &ClientsKey) -> Key {
    Key::of(format!("key#{}", hex(&Sha256::digest(key.scope.as_bytes()))), "key")
}

const FREE: &str = "attribute_not_exists(#pk) OR #expires <= :now";

/// Keeps a key without an answer, unless it was used before and lives still.
pub(crate) fn take(intent: &mut Intent<'_>, key: &ClientsKey) -> Action {
    let free = Expression::new(FREE).moment("now", intent.now);
    put(intent, key, None, free)
}

/// Keeps a key and its answer, unless it was answered before or another request used it.
pub(crate) fn keep(intent: &mut Intent<'_>, key: &ClientsKey, answer: Option<&StoredAnswer>) -> Action {
    let free = Expression::new(format!("{FREE} OR (#request = :request AND attribute_not_exists(#status))"))
        .moment("now", intent.now)
        .value("request", AttributeValue::B(Blob::new(key.request)));
    put(intent, key, answer, free)
}

fn put(intent: &mut Intent<'_>, key: &ClientsKey, answer: Option<&StoredAnswer>, free: Expression) -> Action {
    let request = AttributeValue::B(Blob::new(key.request));
    let expires = intent.now.plus(KEY_LIFETIME);
    let mut attributes = vec![
        ("request".to_owned(), request),
        ("expires".to_owned(), AttributeValue::N(expires.millis().to_string())),
        expires_at(expires),
    ];
    if let Some(answer) = answer {
        attributes.push(("status".into(), AttributeValue::N(answer.status.to_string())));
        attributes.push(("answer".into(), AttributeValue::B(Blob::new(answer.body.clone()))));
    }
    intent.put_if(item_key(key), attributes, free)
}

/// What is known of a key, by its item.
pub(crate) fn known(item: Option<&Item>, key: &ClientsKey, now: Timestamp) -> Result<Taken, StoreError> {
    let Some(item) = item else { return Ok(Taken::New) };
    if item.moment("expires")? <= now {
        return Ok(Taken::New);
    }
    if item.bytes("request")? != key.request {
        return Ok(Taken::Reused);
    }
    let Some(status) = item.maybe_number("status") else { return Ok(Taken::Unanswered) };
    Ok(Taken::Replayed(StoredAnswer { status, body: item.bytes("answer")?.to_vec() }))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
