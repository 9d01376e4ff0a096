//! What can be typed after `tenantry`.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

#[cfg(feature = "aws")]
use crate::aws;
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
    #[cfg(feature = "aws")]
    #[command(subcommand)]
    Aws(aws::operator::OperatorCommand),
    #[cfg(feature = "aws")]
    Config(aws::config::ConfigArgs),
    #[cfg(feature = "aws")]
    ControlPlane(Box<aws::roles::ControlPlaneArgs>),
    #[cfg(feature = "aws")]
    Provisioner(Box<aws::roles::ProvisionerArgs>),
    #[cfg(feature = "aws")]
    Gateway(Box<aws::roles::GatewayArgs>),
    /// Run the control plane alone (AWS mode)
    #[cfg(not(feature = "aws"))]
    ControlPlane(roles::Anything),
    /// Run the provisioner alone (AWS mode)
    #[cfg(not(feature = "aws"))]
    Provisioner(roles::Anything),
    /// Run the gateway alone (AWS mode)
    #[cfg(not(feature = "aws"))]
    Gateway(roles::Anything),
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
            let runtime = many_threads()?;
            let ended = runtime.block_on(up::run(settings, started));
            // Whatever is not done by the deadline is not waited for here either.
            runtime.shutdown_background();
            ended
        }
        #[cfg(feature = "aws")]
        Command::Aws(command) => many_threads()?.block_on(aws::operator::run(command)),
        #[cfg(feature = "aws")]
        Command::Config(args) => aws::config::run(args),
        #[cfg(feature = "aws")]
        Command::ControlPlane(args) => many_threads()?.block_on(aws::roles::control_plane(*args, started)),
        #[cfg(feature = "aws")]
        Command::Provisioner(args) => many_threads()?.block_on(aws::roles::provisioner(*args, started)),
        #[cfg(feature = "aws")]
        Command::Gateway(args) => many_threads()?.block_on(aws::roles::gateway(*args, started)),
        #[cfg(not(feature = "aws"))]
        Command::ControlPlane(_) => roles::needs_aws("control-plane"),
        #[cfg(not(feature = "aws"))]
        Command::Provisioner(_) => roles::needs_aws("provisioner"),
        #[cfg(not(feature = "aws"))]
        Command::Gateway(_) => roles::needs_aws("gateway"),
        // A tenant's own services are many: one thread each is enough.
        Command::Service(args) => Builder::new_current_thread().enable_all().build()?.block_on(roles::service(args)),
        Command::Probe(args) => Builder::new_current_thread().enable_all().build()?.block_on(probe::run(args)),
        Command::Client(command) => Builder::new_current_thread().enable_all().build()?.block_on(client::run(command)),
    }
}

fn many_threads() -> std::io::Result<tokio::runtime::Runtime> {
    Builder::new_multi_thread().enable_all().build()
}
