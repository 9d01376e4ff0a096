//! What an owner has: resources as a runtime lowered them, and the inventory that remembers them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::TenantId;

/// Whose a resource is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// Shared by the pooled tenants: made once for the installation.
    Stage,
    Tenant(TenantId),
}

impl Owner {
    pub fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Stage => None,
            Self::Tenant(id) => Some(id),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage => f.write_str("stage"),
            Self::Tenant(id) => write!(f, "tenant {id}"),
        }
    }
}

/// Names a resource among its owner's, such as `service/orders`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(String);

impl ResourceId {
    pub fn new(kind: &str, name: &str) -> Self {
        Self(format!("{kind}/{name}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A resource that must be ready before another can be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Need {
    /// One of the same owner.
    Own(ResourceId),
    /// One of the stage.
    Stage(ResourceId),
}

/// What a resource tells those that need it, such as `userPoolId`.
pub type Outputs = BTreeMap<String, String>;

/// The output names that end up in a tenant's `tenantConfig`.
pub const CONFIG_OUTPUTS: [&str; 2] = ["userPoolId", "appClientId"];

/// A native resource, opaque to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    pub id: ResourceId,
    /// The adapter's word for what it is, such as `process` or `ecs-service`.
    pub kind: String,
    pub spec: Value,
    /// Changes when, and only when, the thing must be brought up to date.
    pub spec_hash: String,
    pub needs: Vec<Need>,
    /// Losing it loses a tenant's data: never replaced, removed only on offboarding.
    pub holds_data: bool,
    /// It can drift, and is looked at again by the timer.
    pub watched: bool,
}

/// A line of the inventory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    #[serde(flatten)]
    pub resource: Resource,
    pub state: EntryState,
}

/// Written before a thing is made and before it is removed, so that a crash leaves a name to look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum EntryState {
    /// It may exist.
    Intended,
    /// It exists as its spec says.
    Present { outputs: Outputs },
    /// It may still exist, and must not.
    Removing { outputs: Outputs },
}

impl Entry {
    pub fn outputs(&self) -> Option<&Outputs> {
        match &self.state {
            EntryState::Intended => None,
            EntryState::Present { outputs } | EntryState::Removing { outputs } => Some(outputs),
        }
    }

    pub fn is_present(&self) -> bool {
        matches!(self.state, EntryState::Present { .. })
    }
}
