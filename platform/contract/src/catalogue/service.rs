//! A service every tenant runs, shared or its own.

use std::collections::BTreeMap;

use super::Placement;
use crate::name::{ServiceName, TableName};

#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Also the first segment of the paths the gateway forwards to it.
    pub name: ServiceName,
    /// The port it listens on in a container. On one machine it is told a free one in `PORT`.
    pub port: u16,
    /// CPU units, 1,024 to a core.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// How many of it run, in each place that runs it.
    pub replicas: u32,
    /// Answers 200 when it is ready; the gateway forwards it without a token.
    pub health_path: String,
    /// A container health check for images without our probe.
    pub health_command: Option<Vec<String>>,
    pub image: String,
    /// What runs on one machine; `tenantry` as its first word means this very program.
    pub command: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub tables: Vec<Table>,
    /// It manages the tenant's users, and is given what it needs to.
    pub manages_users: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: TableName,
    pub partition_key: String,
    pub sort_key: Option<String>,
    /// Placements whose tenants share one table; the others get one each.
    pub shared_by: Vec<Placement>,
}

impl Table {
    pub fn is_shared_by(&self, placement: Placement) -> bool {
        // Pooled services are everybody's, and so are their tables.
        placement == Placement::Pooled || self.shared_by.contains(&placement)
    }
}
