//! A tier: what a provider sells, and where its tenants live.

use serde::{Deserialize, Serialize};

use super::Placement;
use crate::operation::Budget;

#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    pub name: String,
    pub placement: Placement,
    pub limits: Limits,
    /// A text to show, such as `$49 a month`.
    pub price: Option<String>,
    pub description: Option<String>,
    pub budget: Budget,
}

/// What the gateway lets one tenant of a tier do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    pub requests_per_second: u32,
    pub burst: u32,
    pub requests_per_day: u64,
}

impl Limits {
    /// Of a tier that names none: more than any tenant asks.
    pub const UNLIMITED: Self = Self { requests_per_second: 1_000_000, burst: 1_000_000, requests_per_day: u64::MAX };

    pub fn is_unlimited(&self) -> bool {
        *self == Self::UNLIMITED
    }
}

const MINUTE: u64 = 60_000;

impl Placement {
    /// How long an operation of this placement may take, where the catalogue does not say.
    pub const fn default_budget(self) -> Budget {
        match self {
            Self::Pooled => Budget { wait_ms: 10 * MINUTE, work_ms: 5 * MINUTE, cleanup_ms: 5 * MINUTE },
            Self::DedicatedServices | Self::DedicatedCluster => {
                // Hundreds at once share an account's rates: task definitions alone are made at one a second.
                Budget { wait_ms: 30 * MINUTE, work_ms: 45 * MINUTE, cleanup_ms: 45 * MINUTE }
            }
            // Nobody of ours claims it: the wait is the whole of it.
            Self::External => Budget { wait_ms: 90 * MINUTE, work_ms: 90 * MINUTE, cleanup_ms: 0 },
        }
    }
}
