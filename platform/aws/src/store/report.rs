//! Reports that were taken, so that a copy is known for one.

use sha2::{Digest, Sha256};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_ports::store::StoreError;

use super::used_key::hex;
use crate::table::{Action, Database, Expression, Intent, Key, Outcome, Read, expires_at};

/// Longer than any bus delivers a message again.
const REMEMBERED: Duration = Duration::from_secs(2 * 24 * 60 * 60);

fn marker(event_key: &str) -> Key {
    Key::of(format!("report#{}", hex(&Sha256::digest(event_key.as_bytes()))), "report")
}

/// Takes the report with this write, if it was not taken before.
pub fn take(intent: &mut Intent<'_>, event_key: &str) -> Action {
    let until = intent.now.plus(REMEMBERED);
    let free = Expression::new("attribute_not_exists(#pk) OR #expires <= :now").moment("now", intent.now);
    let expires = ("expires".to_owned(), AttributeValue::N(until.millis().to_string()));
    intent.put_if(marker(event_key), [expires, expires_at(until)], free)
}

/// Takes a report that changes nothing: said again later, it might fit another attempt. False if it was taken before.
pub async fn take_alone(database: &Database, event_key: &str) -> Result<bool, StoreError> {
    let mut intent = database.intent();
    take(&mut intent, event_key);
    Ok(matches!(intent.commit().await?, Outcome::Written))
}

pub async fn is_taken(database: &Database, event_key: &str) -> Result<bool, StoreError> {
    let Some(item) = database.get(&marker(event_key)).await? else { return Ok(false) };
    Ok(item.moment("expires")? > database.now())
}
