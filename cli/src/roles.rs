//! The parts that run as processes of their own.

mod service;

use std::process::ExitCode;

use anyhow::bail;

pub use self::service::{ServiceArgs, service};

/// Separate processes share nothing on one machine that could hold their state.
pub fn needs_aws(role: &str) -> anyhow::Result<ExitCode> {
    bail!(
        "{role} as a process of its own needs AWS mode, which this build does not have; \
         on one machine use `tenantry up --roles {role}`"
    )
}
