//! `tenantry service NAME`: one service of the sample, told by its environment where it stands.

#[cfg(feature = "aws")]
mod on_aws;
mod world;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::Router;
use clap::{Args, ValueEnum};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::ids::RandomIds;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_tenancy::{Admission, Frame, ServiceConfig};
use tenantry_web::{HttpOptions, Lifecycle, RemoteIssuers, Verifier};
use tokio::net::TcpListener;

use self::world::World;
use crate::config::variable;
use crate::signals::Stop;

/// Run one of the sample's services (started by the provisioner)
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// Which
    name: Name,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    Orders,
    Products,
    Users,
}

impl Name {
    fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Orders => &[tenantry_orders::TABLE],
            Self::Products => &[tenantry_products::TABLE],
            Self::Users => &[],
        }
    }
}

/// In-flight requests get this long after SIGTERM; the keeper waits three seconds.
const DRAIN: Duration = Duration::from_secs(2);

pub async fn service(args: ServiceArgs) -> anyhow::Result<ExitCode> {
    let filter = variable("TENANTRY_LOG").unwrap_or_else(|| "info".into());
    tenantry_web::telemetry::init(tenantry_web::telemetry::LogFormat::Json, tenantry_web::telemetry::filter(&filter)?)?;
    tenantry_web::serve::allow_many_files();
    let config = ServiceConfig::from_vars(variable, args.name.tables())
        .map_err(|faults| anyhow!("this service's environment has faults:\n{faults}"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids: Arc<dyn Ids> = Arc::new(RandomIds::new(Arc::clone(&clock)));
    let world = World::open(&config, Arc::clone(&clock), Arc::clone(&ids)).await?;
    let routes = routes(args.name, &world)?;
    let issuers = RemoteIssuers::new([(config.issuer.clone(), config.jwks_url.clone())])?;
    let verifier = Arc::new(Verifier::new(Arc::new(issuers), Arc::clone(&clock)));
    let frame = Frame {
        service: config.service.clone(),
        admission: Admission::new(verifier, config.owner.clone()),
        // Whoever says where to listen has others call us there, by address.
        http: HttpOptions { by_address: config.bind != Ipv4Addr::LOCALHOST, ..HttpOptions::new(ids) },
    };

    let listener = TcpListener::bind((config.bind, config.port))
        .await
        .with_context(|| format!("cannot listen at port {}", config.port))?;
    let mut stop = Stop::listen()?;
    let lifecycle = Lifecycle::new(DRAIN);
    let framed = frame.around(routes);
    lifecycle.set_ready();
    tokio::select! {
        () = tenantry_web::serve(listener, framed, &lifecycle) => {}
        () = stop.requested() => {}
    }
    lifecycle.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn routes(name: Name, world: &World<'_>) -> anyhow::Result<Router> {
    let ids = world.ids();
    Ok(match name {
        Name::Orders => {
            let table = world.table(tenantry_orders::TABLE)?;
            tenantry_orders::router(tenantry_orders::Context { table, ids })
        }
        Name::Products => {
            let table = world.table(tenantry_products::TABLE)?;
            tenantry_products::router(tenantry_products::Context { table, ids })
        }
        Name::Users => tenantry_users::router(tenantry_users::Context { users: world.users()? }),
    })
}
