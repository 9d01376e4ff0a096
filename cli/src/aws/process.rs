//! What every role does first: settings, who we are, the ports on AWS; and what every role does last.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_config::SdkConfig;
use tenantry_aws::bus::AwsBus;
use tenantry_aws::identity::{Identity, issuer_base};
use tenantry_aws::limits::Limits;
use tenantry_aws::relay::Relay;
use tenantry_aws::sdk;
use tenantry_aws::table::{Database, Deps};
use tenantry_aws::whereabouts::{Whereabouts, whereabouts};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::ids::RandomIds;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::Issuers;
use tenantry_ports::ids::Ids;
use tenantry_web::metrics::Metrics;
use tenantry_web::serve::allow_many_files;
use tenantry_web::{AnyIssuers, Lifecycle, RemoteIssuers, telemetry};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::bind::{host, listen, reachable};
use crate::config::aws::{Role, Told};
use crate::lasting;
use crate::parts::{Parts, Ports};
use crate::signals::Stop;
use crate::tiers;

/// ECS kills a task thirty seconds after it has asked it to stop.
const DRAIN: Duration = Duration::from_secs(25);

pub struct Process {
    pub sdk: SdkConfig,
    pub here: Whereabouts,
    pub limits: Limits,
    pub database: Database,
    pub identity: Arc<Identity>,
    pub bus: Arc<AwsBus>,
    pub parts: Parts,
    role: Role,
    started: Instant,
    stop: Stop,
    listen: SocketAddr,
    metrics: Option<(SocketAddr, Metrics)>,
}

impl Process {
    pub async fn start(role: Role, told: Told, started: Instant) -> anyhow::Result<Self> {
        let Told { common, state, oidc, gateway_url } = told;
        telemetry::init(common.log_format, common.log)?;
        allow_many_files();
        let stop = Stop::listen()?;
        let sdk = sdk::load().await?;
        let here = whereabouts(&sdk).await.context("AWS cannot be asked who we are")?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids: Arc<dyn Ids> = Arc::new(RandomIds::new(Arc::clone(&clock)));
        let limits = Limits::new(state.share);
        let deps = Deps { clock: clock.clone(), ids: ids.clone(), sources: common.sources.clone() };
        let database = Database::open(&sdk, state.tables, deps);
        let identity = Arc::new(Identity::new(&sdk, limits.clone(), database.clone(), state.pools)?);
        let bus = Arc::new(AwsBus::new(&sdk, &state.queues, ids.clone()));
        tiers::check(&database, &common.catalogue).await?;
        let metrics = common.metrics_listen.map(|at| tenantry_web::metrics::install().map(|m| (at, m))).transpose()?;

        let issuers = AnyIssuers(vec![identity.clone(), Arc::new(RemoteIssuers::new(oidc.issuers)?)]);
        let parts = Parts {
            ports: ports(&database, &identity, bus.clone(), Arc::new(issuers), clock, ids),
            catalogue: Arc::new(common.catalogue),
            issuer_base: issuer_base(&here.region),
            claims: oidc.claims,
            sources: common.sources,
            gateway_url: Some(gateway_url).filter(|url| !url.is_empty()),
            origins: common.origins,
            policy: state.policy,
            hosts: common.metrics_listen.into_iter().chain([common.listen]).map(host).chain(common.hosts).collect(),
            peers: common.peers,
            lifecycle: Lifecycle::new(DRAIN),
            // Each role is a process of its own.
            background: Handle::current(),
        };
        let listen = common.listen;
        Ok(Self { sdk, here, limits, database, identity, bus, parts, role, started, stop, listen, metrics })
    }

    pub async fn listen(&self) -> anyhow::Result<(TcpListener, SocketAddr)> {
        let listener = listen(self.listen, "--listen").await?;
        let at = listener.local_addr()?;
        Ok((listener, at))
    }

    /// Carries the events that this process commits, and those that others left, to the bus.
    pub fn relay(&self) {
        let relay = Relay::new(self.database.clone(), self.bus.clone());
        self.parts.keep("relay", relay.run(self.parts.lifecycle.token()));
    }

    /// Answers until it is asked to stop.
    pub async fn run(mut self, at: SocketAddr) -> anyhow::Result<ExitCode> {
        if let Some((at, metrics)) = self.metrics.take() {
            self.parts.serve_metrics(listen(at, "--metrics-listen").await?, &metrics);
        }
        self.parts.lifecycle.set_ready();
        let took = self.started.elapsed().as_millis();
        println!("Tenantry's {} is ready in {took} ms: http://{}/", self.role.name(), reachable(at));
        lasting::end(&mut self.stop, &self.parts.lifecycle).await;
        self.parts.lifecycle.shutdown().await;
        tracing::info!("stopped");
        Ok(lasting::outcome(&self.parts.lifecycle))
    }
}

/// Every port, served by AWS.
fn ports(
    database: &Database,
    identity: &Arc<Identity>,
    bus: Arc<AwsBus>,
    issuers: Arc<dyn Issuers>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Ports {
    let store = Arc::new(database.clone());
    Ports {
        store: store.clone(),
        work: store.clone(),
        bus,
        log: store.clone(),
        orphans: store.clone(),
        keys: store.clone(),
        secrets: store.clone(),
        usage: store,
        admins: identity.clone(),
        issuers,
        clock,
        ids,
    }
}
