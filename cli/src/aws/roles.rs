//! The three roles.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use clap::Args;
use tenantry_aws::routes::CloudMapRoutes;
use tenantry_aws::runtime::{Deps, EcsRuntime, Namespace};
use tenantry_provisioner::EngineConfig;

use super::place;
use super::process::Process;
use crate::config::aws::{OfControlPlane, OfGateway, OfProvisioner, Placing, Resolve, Role, RoleArgs, Told};

/// Run the control plane: the admin API, the consumer of reports, the reaper (AWS mode)
#[derive(Debug, Args)]
pub struct ControlPlaneArgs {
    #[command(flatten)]
    settings: RoleArgs<OfControlPlane>,
}

/// Run a provisioner (AWS mode)
#[derive(Debug, Args)]
pub struct ProvisionerArgs {
    #[command(flatten)]
    settings: RoleArgs<OfProvisioner>,
}

/// Run a gateway (AWS mode)
#[derive(Debug, Args)]
pub struct GatewayArgs {
    #[command(flatten)]
    settings: RoleArgs<OfGateway>,
}

pub async fn control_plane(args: ControlPlaneArgs, started: Instant) -> anyhow::Result<ExitCode> {
    let mut values = args.settings.find();
    let told = Told::read(&mut values);
    let process = Process::start(Role::ControlPlane, values.checked(told)?, started).await?;
    let (listener, at) = process.listen().await?;
    process.parts.serve_control_plane(listener, Router::new()).await?;
    process.relay();
    process.run(at).await
}

pub async fn provisioner(args: ProvisionerArgs, started: Instant) -> anyhow::Result<ExitCode> {
    let mut values = args.settings.find();
    let (told, placing, resolve) = (Told::read(&mut values), Placing::read(&mut values), Resolve::read(&mut values));
    let (told, (placing, resolve)) = values.checked(told.zip(placing.zip(resolve)))?;
    let process = Process::start(Role::Provisioner, told, started).await?;
    let namespaces = place::namespaces(&process.sdk, &resolve).await?;
    let engine = engine(&placing);
    let place = place::place(&process, placing, namespaces.clone()).await?;
    let deps = Deps {
        catalogue: process.parts.catalogue.clone(),
        limits: process.limits.clone(),
        pools: process.identity.clone(),
        routes: routes(&process, &resolve, namespaces),
        clock: process.parts.ports.clock.clone(),
    };
    let runtime = Arc::new(EcsRuntime::new(&process.sdk, place, deps)?);
    let (listener, at) = process.listen().await?;
    process.parts.serve_health(listener, Router::new());
    process.parts.provision(runtime, engine);
    process.relay();
    process.run(at).await
}

pub async fn gateway(args: GatewayArgs, started: Instant) -> anyhow::Result<ExitCode> {
    let mut values = args.settings.find();
    let (told, resolve) = (Told::read(&mut values), Resolve::read(&mut values));
    let (told, resolve) = values.checked(told.zip(resolve))?;
    let process = Process::start(Role::Gateway, told, started).await?;
    let namespaces = place::namespaces(&process.sdk, &resolve).await?;
    let (listener, at) = process.listen().await?;
    process.parts.serve_gateway(listener, routes(&process, &resolve, namespaces), None);
    process.run(at).await
}

fn routes(process: &Process, resolve: &Resolve, namespaces: Vec<Namespace>) -> Arc<CloudMapRoutes> {
    Arc::new(CloudMapRoutes::new(namespaces, process.parts.catalogue.clone(), resolve.resolver(&process.sdk)))
}

/// AWS takes minutes, and each call of ours up to half of one: claims last longer than on one machine, and nobody
/// looks as often: a look at a dedicated tenant takes half a dozen calls, and an account has a thousand of these.
fn engine(placing: &Placing) -> EngineConfig {
    let claim = placing.claim;
    EngineConfig {
        lease: claim,
        sweep: placing.sweep,
        orphan_grace: placing.orphan_grace,
        drift: placing.drift,
        spare: claim / 2,
        call_limit: claim * 7 / 15,
        poll: Duration::from_secs(2),
        flush: Duration::from_secs(1),
        stage_fresh: Duration::from_secs(60),
        stage_wait: Duration::from_secs(2),
        forgetful_runtime: false,
        ..EngineConfig::default()
    }
}
