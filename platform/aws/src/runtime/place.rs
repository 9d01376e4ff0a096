//! Where resources are made, and what the stage has had before: network, cluster, pool, roles of its processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use tenantry_contract::id::{ClientId, PoolId};

#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The installation's name: begins every name and is in every tag.
    pub stage: String,
    /// `aws`, or the name of another partition.
    pub partition: String,
    pub region: String,
    pub account: String,
    pub vpc: String,
    pub subnets: Vec<Subnet>,
    /// Tasks in subnets without a way out of their own need an address of their own to fetch images.
    pub public_addresses: bool,
    /// Security groups that may call a tenant's services.
    pub gateway_group: String,
    pub provisioner_group: String,
    /// The cluster of pooled services and of tenants with services of their own.
    pub cluster: String,
    /// Private DNS namespaces. The stage's own services are in the first.
    pub namespaces: Vec<Namespace>,
    /// ARN of the role ECS starts tasks with: it fetches images and writes logs.
    pub execution_role: String,
    /// ARN of the policy no tenant's role goes beyond.
    pub boundary: Option<String>,
    /// Tenants' roles are under this path, such as `/tenantry/prod/`.
    pub iam_path: String,
    /// What the catalogue's image `tenantry` is.
    pub image: String,
    pub architecture: Architecture,
    /// How a service is asked whether it is there, before it counts as ready. None where no tasks run.
    pub probe: Option<Probe>,
    /// The control plane's table, which says which users a tenant has.
    pub users_table: String,
    /// Begins the names of tables that tenants share. The provisioner makes them.
    pub shared_tables: String,
    pub log_retention_days: i32,
    /// Whether a tenant's own tables can be brought back to any moment of the last weeks.
    pub point_in_time_recovery: bool,
    /// The pool of pooled tenants, if a tier is pooled.
    pub pool: Option<Pool>,
    /// What every service's container is told besides.
    pub environment: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub zone: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    pub id: String,
    /// Its domain, such as `prod.tenantry.internal`.
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    pub id: PoolId,
    pub client: ClientId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "X86_64",
            Self::Arm64 => "ARM64",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// How long an answer may take.
    pub patience: Duration,
}

/// Everything wrong with a place, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceFaults(pub Vec<String>);

impl fmt::Display for PlaceFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for PlaceFaults {}

/// So that every name made from it fits.
const LONGEST_STAGE: usize = 20;

impl Place {
    /// An empty list if it can be used.
    pub fn check(&self) -> Result<(), PlaceFaults> {
        let mut faults = Vec::new();
        let plain = self.stage.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !(1..=LONGEST_STAGE).contains(&self.stage.len()) || !plain {
            faults.push(format!("the stage's name must be 1 to {LONGEST_STAGE} lower-case letters, digits or '-'"));
        }
        let zones: BTreeSet<_> = self.subnets.iter().map(|subnet| &subnet.zone).collect();
        if zones.len() < 2 {
            faults.push("services need subnets in at least two zones, so that one may fail".to_owned());
        }
        if self.namespaces.is_empty() {
            faults.push("services need at least one Cloud Map namespace to be found in".to_owned());
        }
        if !(self.iam_path.starts_with('/') && self.iam_path.ends_with('/') && self.iam_path.len() > 2) {
            faults.push("the path of tenants' roles must begin and end with '/', and hold a word".to_owned());
        }
        if faults.is_empty() { Ok(()) } else { Err(PlaceFaults(faults)) }
    }
}
