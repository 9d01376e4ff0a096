//! `tenantry service NAME`: one service of the sample, told by its environment where it stands.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::data::LocalTable;
use tenantry_embedded::identity::remote::RemoteTenantUsers;
use tenantry_embedded::ids::RandomIds;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_tenancy::{Admission, Frame, ServiceConfig, Table};
use tenantry_web::{HttpOptions, Lifecycle, RemoteIssuers, Verifier};
use tokio::net::TcpListener;

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
    let config = ServiceConfig::from_vars(variable, args.name.tables())
        .map_err(|faults| anyhow!("this service's environment has faults:\n{faults}"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids: Arc<dyn Ids> = Arc::new(RandomIds::new(Arc::clone(&clock)));
    let routes = routes(args.name, &config, &ids)?;
    let issuers = RemoteIssuers::new([(config.issuer.clone(), config.jwks_url.clone())])?;
    let verifier = Arc::new(Verifier::new(Arc::new(issuers), Arc::clone(&clock)));
    let frame = Frame {
        service: config.service.clone(),
        admission: Admission::new(verifier, config.owner.clone()),
        http: HttpOptions::new(ids),
    };

    let listener = TcpListener::bind(("127.0.0.1", config.port))
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

fn routes(name: Name, config: &ServiceConfig, ids: &Arc<dyn Ids>) -> anyhow::Result<axum::Router> {
    let table = |name: &str| -> anyhow::Result<Table> {
        let place = config.table(name).ok_or_else(|| anyhow!("no place for the table {name}"))?;
        Ok(Table::new(Arc::new(LocalTable::open(place.as_ref())?)))
    };
    Ok(match name {
        Name::Orders => tenantry_orders::router(tenantry_orders::Context {
            table: table(tenantry_orders::TABLE)?,
            ids: ids.clone(),
        }),
        Name::Products => tenantry_products::router(tenantry_products::Context {
            table: table(tenantry_products::TABLE)?,
            ids: ids.clone(),
        }),
        Name::Users => {
            let access = config
                .users
                .as_ref()
                .ok_or_else(|| anyhow!("the users service needs TENANTRY_USERS_URL and TENANTRY_SERVICE_TOKEN"))?;
            let users = RemoteTenantUsers::connect(&access.url, access.token.clone())?;
            tenantry_users::router(tenantry_users::Context { users: Arc::new(users) })
        }
    })
}
