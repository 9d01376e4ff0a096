//! Tenantry's one binary: `tenantry up`, the roles, and the client's verbs.

#[cfg(feature = "aws")]
mod aws;
mod background;
mod bind;
mod client;
mod commands;
mod config;
mod files;
mod lasting;
mod parts;
mod probe;
mod roles;
mod signals;
mod tiers;
mod up;

use std::process::ExitCode;
use std::time::Instant;

/// Requests are many small allocations, freed by other threads than made them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let started = Instant::now();
    commands::run(started).unwrap_or_else(|error| {
        eprintln!("tenantry: {error:#}");
        ExitCode::FAILURE
    })
}
