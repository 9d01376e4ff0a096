//! The catalogue: which tiers a provider sells and which services a tenant runs. It is data; the code knows
//! only placements.

mod members;
mod parse;
mod service;
mod tier;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::service::{Service, Table};
pub use self::tier::{Limits, Tier};
use crate::name::ServiceName;

/// Where a tier's tenants live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// In services everybody shares.
    Pooled,
    /// In services of their own, in the shared cluster.
    DedicatedServices,
    /// In a cluster of their own.
    DedicatedCluster,
    /// Wherever another application plane puts them; it hears of it by events and reports back.
    External,
}

impl Placement {
    pub const ALL: [Self; 4] = [Self::Pooled, Self::DedicatedServices, Self::DedicatedCluster, Self::External];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pooled => "pooled",
            Self::DedicatedServices => "dedicated-services",
            Self::DedicatedCluster => "dedicated-cluster",
            Self::External => "external",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }

    /// Whether its tenants have services and a user pool of their own.
    pub const fn is_dedicated(self) -> bool {
        matches!(self, Self::DedicatedServices | Self::DedicatedCluster)
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A validated catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    pub tiers: Vec<Tier>,
    pub services: Vec<Service>,
}

/// Everything wrong with a catalogue, each fault with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct CatalogueFaults(pub Vec<String>);

impl Catalogue {
    /// The sample's catalogue, used where a provider names none.
    pub const DEFAULT: &'static str = include_str!("../../../catalogue.toml");

    /// Reads TOML, checks all of it and names every fault.
    pub fn parse(toml: &str) -> Result<Self, CatalogueFaults> {
        parse::parse(toml)
    }

    /// Tiers are compared case-insensitively.
    pub fn tier(&self, name: &str) -> Option<&Tier> {
        self.tiers.iter().find(|t| t.name.eq_ignore_ascii_case(name))
    }

    pub fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.services.iter().find(|s| &s.name == name)
    }

    /// Whether any tier needs what this placement stands on.
    pub fn uses(&self, placement: Placement) -> bool {
        self.tiers.iter().any(|t| t.placement == placement)
    }
}
