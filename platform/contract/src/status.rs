//! A registration's status, as clients of SBT know it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Status {
    #[serde(rename = "In progress")]
    InProgress,
    Created,
    Failed,
    Deleting,
    Deleted,
    Deactivated,
}

impl Status {
    pub const ALL: [Self; 6] =
        [Self::InProgress, Self::Created, Self::Failed, Self::Deleting, Self::Deleted, Self::Deactivated];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "In progress",
            Self::Created => "Created",
            Self::Failed => "Failed",
            Self::Deleting => "Deleting",
            Self::Deleted => "Deleted",
            Self::Deactivated => "Deactivated",
        }
    }

    /// SBT's clients write it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
