//! Orphans: things that carry this stage's tags and that no inventory names.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{NotAnId, TenantId};
use crate::resource::{Entry, Owner, ResourceId};
use crate::time::Timestamp;

/// Names an orphan. The same thing has the same id in every sweep.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct OrphanId(String);

const PREFIX: &str = "orphan-";

impl OrphanId {
    /// The id of a thing: a digest of its owner, its tag and its native name.
    pub fn of(owner: &Owner, resource: &ResourceId, native: &str) -> Self {
        let owner = owner.tenant().map_or("", TenantId::as_str);
        let digest = Sha256::digest(format!("{owner}\n{resource}\n{native}"));
        let mut id = String::from(PREFIX);
        for byte in digest.iter().take(10) {
            // Writing to a string cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        Self(id)
    }

    /// Takes a text for an id if it has the form of one.
    pub fn parse(text: impl Into<String>) -> Result<Self, NotAnId> {
        let text = text.into();
        let hex = text.strip_prefix(PREFIX).unwrap_or_default();
        let fits = hex.len() == 20 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(Self(text)) } else { Err(NotAnId) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrphanId {
    type Error = NotAnId;
    fn try_from(text: String) -> Result<Self, NotAnId> {
        Self::parse(text)
    }
}

impl From<OrphanId> for String {
    fn from(id: OrphanId) -> Self {
        id.0
    }
}

impl std::fmt::Display for OrphanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A thing that a sweep found and that no inventory names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    pub id: OrphanId,
    /// The owner that its tags name.
    pub owner: Owner,
    pub resource: ResourceId,
    /// The runtime's word for what it is, such as `table`.
    pub kind: String,
    /// The runtime's own name for it, such as a table's name or a file's path.
    pub native: String,
    /// Removing it may lose a tenant's data.
    pub holds_data: bool,
    /// The native name of the thing that the owner's inventory names in its place, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_twin: Option<String>,
    pub first_seen: Timestamp,
    /// When an operator asked for its removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal_requested: Option<Timestamp>,
}

impl Orphan {
    /// Whether the owner's inventory still does not name it. `entry` is the inventory's line for the same resource.
    pub fn is_unlisted(&self, entry: Option<&Entry>) -> bool {
        let Some(entry) = entry else { return true };
        let names = |native: &str| entry.outputs().is_some_and(|outputs| outputs.values().any(|value| value == native));
        self.recorded_twin.as_deref().is_some_and(names) && !names(&self.native)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_for_the_same_thing_alone() {
        let tenant = Owner::Tenant(TenantId::parse("t1").unwrap());
        let table = ResourceId::new("table", "orders-orders");
        let id = OrphanId::of(&tenant, &table, "a");
        assert_eq!(id, OrphanId::of(&tenant, &table, "a"));
        for other in [
            OrphanId::of(&Owner::Stage, &table, "a"),
            OrphanId::of(&tenant, &ResourceId::new("table", "x"), "a"),
            OrphanId::of(&tenant, &table, "b"),
        ] {
            assert_ne!(id, other);
        }
        assert_eq!(OrphanId::parse(id.as_str()), Ok(id.clone()));
        for bad in ["", "orphan-", "orphan-zz", "orphan-0123456789ABCDEF0123", &id.as_str()[1..]] {
            assert_eq!(OrphanId::parse(bad), Err(NotAnId), "{bad}");
        }
    }
}
