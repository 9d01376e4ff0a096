//! Reading items: what an item lacks, or has in another form, is a broken item, named.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;

/// An item as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// Typed reading of an item's attributes.
pub trait Read {
    fn attribute(&self, name: &str) -> Option<&AttributeValue>;

    /// How the item is called when it is broken.
    fn called(&self) -> String;

    fn maybe_text(&self, name: &str) -> Option<&str> {
        self.attribute(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }

    fn text(&self, name: &str) -> Result<&str, StoreError> {
        self.maybe_text(name).ok_or_else(|| self.broken(name, "a text"))
    }

    fn maybe_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attribute(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok())
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.maybe_number(name).ok_or_else(|| self.broken(name, "a number"))
    }

    fn maybe_bytes(&self, name: &str) -> Option<&[u8]> {
        self.attribute(name).and_then(|value| value.as_b().ok()).map(AsRef::as_ref)
    }

    fn bytes(&self, name: &str) -> Result<&[u8], StoreError> {
        self.maybe_bytes(name).ok_or_else(|| self.broken(name, "bytes"))
    }

    fn moment(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.number(name).map(Timestamp::from_millis)
    }

    /// A text of JSON.
    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(name)?)
            .map_err(|e| StoreError::broken(format!("{name} of {} cannot be read", self.called()), e))
    }

    fn broken(&self, name: &str, what: &str) -> StoreError {
        let what = format!("{} lacks {name}, {what}", self.called());
        StoreError::Broken { what, cause: None }
    }
}

impl Read for Item {
    fn attribute(&self, name: &str) -> Option<&AttributeValue> {
        self.get(name)
    }

    fn called(&self) -> String {
        let keys = ["pk", "sk", "tenantId", "tenantRegistrationId"];
        let named = keys.iter().filter_map(|key| self.maybe_text(key)).collect::<Vec<_>>().join(" ");
        format!("the item {named}")
    }
}
