//! What can be typed after `tenantry`.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

use crate::client::{self, ClientCommand};
use crate::config::UpArgs;
use crate::probe::{self, ProbeArgs};
use crate::roles::{self, ServiceArgs};
use crate::up;

/// Onboard tenants, give them their place, watch over it, and take it down
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, propagate_version = true)]
struct Tenantry {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(Box<UpArgs>),
    /// Run the control plane alone (AWS mode)
    ControlPlane,
    /// Run the provisioner alone (AWS mode)
    Provisioner,
    /// Run the gateway alone (AWS mode)
    Gateway,
    Service(ServiceArgs),
    Probe(ProbeArgs),
    #[command(flatten)]
    Client(ClientCommand),
}

pub fn run(started: Instant) -> anyhow::Result<ExitCode> {
    // The keeper of a service: tiny, and no affair of people's.
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|word| word == "supervise") {
        return Ok(tenantry_embedded::supervise::main(args));
    }
    match Tenantry::parse().command {
        Command::Up(args) => {
            let settings = args.check()?;
            Builder::new_multi_thread().enable_all().build()?.block_on(up::run(settings, started))
        }
        Command::ControlPlane => roles::needs_aws("control-plane"),
        Command::Provisioner => roles::needs_aws("provisioner"),
        Command::Gateway => roles::needs_aws("gateway"),
        // A tenant's own services are many: one thread each is enough.
        Command::Service(args) => Builder::new_current_thread().enable_all().build()?.block_on(roles::service(args)),
        Command::Probe(args) => Builder::new_current_thread().enable_all().build()?.block_on(probe::run(args)),
        Command::Client(command) => Builder::new_current_thread().enable_all().build()?.block_on(client::run(command)),
    }
}
