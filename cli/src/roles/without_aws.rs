//! The roles' commands in a build without AWS mode: they say how to get it.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

/// The settings of a role that this build cannot run.
#[derive(Debug, Args)]
pub struct Anything {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    settings: Vec<String>,
}

/// Separate processes share nothing on one machine that could hold their state.
pub fn needs_aws(role: &str) -> anyhow::Result<ExitCode> {
    bail!(
        "{role} as a process of its own needs AWS mode, which this build does not have: build with \
         `cargo build --release --features aws`; on one machine use `tenantry up --roles {role}`"
    )
}
