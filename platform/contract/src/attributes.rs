//! What a client sent beside the members we know: kept, merged and returned as it was.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
        serde_json::to_vec(&self.0).map_or(true, |json| json.len() > MAX_BYTES)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}
