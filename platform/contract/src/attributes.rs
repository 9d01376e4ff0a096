//! What a client sent beside the members we know: kept, merged and returned as it was.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::nesting::{MAX_LEVELS, TOO_DEEP, is_too_deep};

mod nesting;

/// Free members of a tenant or a registration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Attributes(pub Map<String, Value>);

/// Members nobody outside may change. Ids, name and tier have their own fields in a record; an attribute
/// map never holds any of these.
pub const SERVER_OWNED: [&str; 6] =
    ["tenantId", "tenantRegistrationId", "tenantName", "tier", "sbtaws_active", "registrationStatus"];

/// An attribute map may take this much as JSON: a tenant's and a registration's together, and their names
/// and ids, stay below the 256 KB of an `EventBridge` entry.
pub const MAX_BYTES: usize = 96 * 1024;

/// A client may fill this much, `tenantConfig` aside: the rest is room for the one that a report brings.
pub const MAX_CLIENT_BYTES: usize = 88 * 1024;

/// The member that tells clients where a tenant is. It is the client's only where another application plane places the
/// tenant.
pub const CONFIG: &str = "tenantConfig";

impl Attributes {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Overlays `newer` on this.
    pub fn merge(&mut self, newer: Self) {
        self.0.extend(newer.0);
    }

    /// Takes the server-owned members out and returns them.
    #[must_use]
    pub fn split_owned(mut self) -> (Self, Map<String, Value>) {
        let owned = SERVER_OWNED.iter().filter_map(|name| self.0.remove_entry(*name)).collect();
        (self, owned)
    }

    pub fn too_large(&self) -> bool {
        self.size() > MAX_BYTES
    }

    /// The rule that it breaks if a client filled it so far, as words after its name.
    pub fn overfilled(&self) -> Option<String> {
        // `"tenantConfig":…,` is as long as its parts.
        let config = self.get(CONFIG).map_or(0, |value| length(value) + CONFIG.len() + 4);
        let size = self.size();
        (size > MAX_BYTES || size - config.min(size) > MAX_CLIENT_BYTES).then(|| {
            let (client, all) = (MAX_CLIENT_BYTES / 1024, MAX_BYTES / 1024);
            format!("must not be larger than {client} KiB, or {all} KiB with tenantConfig")
        })
    }

    /// The name of a member that nests deeper than [`MAX_LEVELS`]: a record that holds it could not be read again.
    pub fn too_deep(&self) -> Option<&str> {
        let deep = |(name, value): &(&String, &Value)| match value {
            // It is kept as text and shown as an object.
            Value::String(text) if *name == CONFIG => serde_json::from_str(text).is_ok_and(|value| is_too_deep(&value)),
            value => is_too_deep(value),
        };
        self.0.iter().find(deep).map(|(name, _)| name.as_str())
    }

    fn size(&self) -> usize {
        length(&self.0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A `tenantConfig`, which may have come as text or as an object.
pub fn as_config(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

impl FromIterator<(String, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

/// As JSON. What cannot be written is larger than anything.
fn length(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(bytes: usize) -> Attributes {
        let empty = r#"{"note":""}"#.len();
        Attributes::from_iter([("note".to_owned(), json!("x".repeat(bytes - empty)))])
    }

    #[test]
    fn a_member_nests_as_deep_as_a_record_can_be_read() {
        let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        let with = |name: &str, value: Value| Attributes::from_iter([(name.to_owned(), value)]);
        assert_eq!(with("note", nested(MAX_LEVELS)).too_deep(), None);
        assert_eq!(with("note", nested(MAX_LEVELS + 1)).too_deep(), Some("note"));
        let config = |levels| json!(json!({ "a": nested(levels) }).to_string());
        assert_eq!(with(CONFIG, config(MAX_LEVELS - 1)).too_deep(), None);
        assert_eq!(with(CONFIG, config(MAX_LEVELS)).too_deep(), Some(CONFIG), "the text of one counts, too");
        assert_eq!(with("note", config(MAX_LEVELS)).too_deep(), None, "any other text is a text");
    }

    #[test]
    fn a_client_leaves_room_for_the_configuration() {
        assert_eq!(filled(MAX_CLIENT_BYTES).overfilled(), None);
        assert!(filled(MAX_CLIENT_BYTES + 1).overfilled().is_some_and(|rule| rule.contains("88 KiB")));

        let with = |free: usize, config: usize| {
            let mut attributes = filled(free);
            attributes.0.insert(CONFIG.to_owned(), json!("x".repeat(config)));
            attributes
        };
        assert_eq!(with(MAX_CLIENT_BYTES, 7 * 1024).overfilled(), None, "what a report left is no client's fault");
        assert!(with(MAX_CLIENT_BYTES, 8 * 1024).overfilled().is_some(), "all of it is too large");
        assert!(with(MAX_CLIENT_BYTES + 8, 10).overfilled().is_some());
    }
}
