//! The parts a process can have, over ports alone: each is started as tasks that the lifecycle waits for.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use crate::config::{Origins, Peers};
use crate::lasting::lasting;
use axum::Router;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_contract::id::{TenantId, WorkerId};
use tenantry_control_plane::{ControlPlane, RateLimit, Settings};
use tenantry_gateway::{Gateway, GatewayConfig, GatewayDeps, heed_closings};
use tenantry_ports::bus::Bus;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::{Admins, Issuers};
use tenantry_ports::ids::Ids;
use tenantry_ports::keys::KeyStore;
use tenantry_ports::log::EventLog;
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::Runtime;
use tenantry_ports::secrets::Secrets;
use tenantry_ports::store::TenantStore;
use tenantry_ports::usage::Usage;
use tenantry_ports::work::WorkStore;
use tenantry_provisioner::{Engine, EngineConfig, EngineDeps};
use tenantry_web::metrics::Metrics;
use tenantry_web::{
    ClaimMap, ConnectionLimits, ConnectionListener, HttpOptions, Lifecycle, ScopePolicy, Verifier, harden,
    health_router, serve,
};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::broadcast::Receiver;

/// What every process stands on: one of each of these ports. Which adapter it is, is settled where they are made.
#[derive(Clone)]
pub struct Ports {
    pub store: Arc<dyn TenantStore>,
    pub work: Arc<dyn WorkStore>,
    pub bus: Arc<dyn Bus>,
    pub log: Arc<dyn EventLog>,
    pub orphans: Arc<dyn OrphanStore>,
    pub keys: Arc<dyn KeyStore>,
    pub secrets: Arc<dyn Secrets>,
    pub usage: Arc<dyn Usage>,
    pub admins: Arc<dyn Admins>,
    pub issuers: Arc<dyn Issuers>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

pub struct Parts {
    pub ports: Ports,
    pub catalogue: Arc<Catalogue>,
    /// What the planes call themselves.
    pub sources: Sources,
    /// What comes before the pool's id in an issuer's URL.
    pub issuer_base: String,
    /// How tokens of issuers that are not like Cognito are read, by issuer.
    pub claims: BTreeMap<String, ClaimMap>,
    /// None if there is no gateway.
    pub gateway_url: Option<String>,
    pub origins: Origins,
    /// What admins' groups grant.
    pub policy: ScopePolicy,
    pub hosts: Vec<String>,
    pub peers: Peers,
    pub lifecycle: Lifecycle,
    /// Where what nobody waits for runs.
    pub background: Handle,
}

impl Parts {
    /// The admin API with its loops, beside other routes that this listener has.
    pub async fn serve_control_plane(&self, listener: TcpListener, beside: Router) -> anyhow::Result<()> {
        let cp = self.control_plane();
        let router = beside.merge(tenantry_control_plane::router(cp.clone()).await?);
        self.keep_behind("reports", tenantry_control_plane::run_reports(cp.clone(), self.lifecycle.token()));
        self.keep_behind("reaper", tenantry_control_plane::run_reaper(cp, self.lifecycle.token()));
        self.serve("API", listener, harden(router, self.http()));
        Ok(())
    }

    /// Health and readiness, beside other routes, for a process without the admin API.
    pub fn serve_health(&self, listener: TcpListener, beside: Router) {
        self.serve("health", listener, harden(beside.merge(health_router(self.lifecycle.ready())), self.http()));
    }

    /// The gateway; with `closings`, it hears at once which tenants are shut out.
    pub fn serve_gateway(&self, listener: TcpListener, routes: Arc<dyn Routes>, closings: Option<Receiver<TenantId>>) {
        let ports = &self.ports;
        let deps = GatewayDeps {
            verifier: self.verifier(),
            tenants: ports.store.clone(),
            routes,
            usage: ports.usage.clone(),
            catalogue: self.catalogue.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        };
        let (origins, proxies) = (self.origins.application.clone(), self.peers.proxies.clone());
        let mut config = GatewayConfig { origins, proxies, ..GatewayConfig::default() };
        config.hosts.extend(self.hosts.iter().cloned());
        let gateway = Arc::new(Gateway::new(deps, config));
        if let Some(closings) = closings {
            let heeding = heed_closings(Arc::clone(&gateway), closings);
            let stop = self.lifecycle.token();
            self.keep("closings", async move {
                tokio::select! { () = heeding => {}, () = stop.cancelled() => {} }
            });
        }
        let lifecycle = self.lifecycle.clone();
        let listener = self.bounded(listener);
        self.keep("gateway", async move { tenantry_gateway::serve(listener, gateway, &lifecycle).await });
    }

    pub fn provision(&self, runtime: Arc<dyn Runtime>, config: EngineConfig) {
        let ports = &self.ports;
        let worker = WorkerId::parse(ports.ids.fresh()).unwrap_or_else(|e| unreachable!("a fresh id is an id: {e}"));
        let deps = EngineDeps {
            work: ports.work.clone(),
            tenants: ports.store.clone(),
            orphans: ports.orphans.clone(),
            runtime,
            bus: ports.bus.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            catalogue: self.catalogue.clone(),
            worker,
        };
        self.keep_behind("provisioner", Engine::new(deps, config).run(self.lifecycle.token()));
    }

    pub fn serve_metrics(&self, listener: TcpListener, metrics: &Metrics) {
        self.serve("metrics", listener, harden(metrics.router(), self.http()));
    }

    fn control_plane(&self) -> ControlPlane {
        let ports = self.ports.clone();
        ControlPlane {
            store: ports.store,
            orphans: ports.orphans,
            keys: ports.keys,
            secrets: ports.secrets,
            log: ports.log,
            bus: ports.bus,
            admins: ports.admins,
            verifier: self.verifier(),
            clock: ports.clock,
            ids: ports.ids,
            catalogue: self.catalogue.clone(),
            settings: Settings {
                gateway_url: self.gateway_url.clone(),
                issuer_base: self.issuer_base.clone(),
                policy: self.policy.clone(),
                public_rate: RateLimit::DEFAULT,
                sources: self.sources.clone(),
                proxies: self.peers.proxies.clone(),
            },
            ready: self.lifecycle.ready(),
            stop: self.lifecycle.streams(),
        }
    }

    fn verifier(&self) -> Arc<Verifier> {
        let verifier = Verifier::new(self.ports.issuers.clone(), self.ports.clock.clone());
        let claims = self.claims.iter();
        Arc::new(claims.fold(verifier, |verifier, (issuer, claims)| verifier.reading(issuer, claims.clone())))
    }

    fn http(&self) -> HttpOptions {
        let mut options = HttpOptions::new(self.ports.ids.clone());
        options.hosts.extend(self.hosts.iter().cloned());
        options.cors_origins = self.origins.of_api();
        options
    }

    fn serve(&self, name: &'static str, listener: TcpListener, router: Router) {
        let (lifecycle, listener) = (self.lifecycle.clone(), self.bounded(listener));
        self.keep(name, async move { serve(listener, router, &lifecycle).await });
    }

    fn bounded(&self, listener: TcpListener) -> ConnectionListener {
        let (per_address, proxies) = (self.peers.connections_per_address, self.peers.proxies.clone());
        ConnectionListener::new(listener, ConnectionLimits { per_address, proxies, ..ConnectionLimits::default() })
    }

    /// Runs a part that is to last until the process is asked to stop.
    pub fn keep<F: Future<Output = ()> + Send + 'static>(&self, name: &'static str, part: F) {
        self.lifecycle.tracker().spawn(lasting(name, part, self.lifecycle.clone()));
    }

    fn keep_behind<F: Future<Output = ()> + Send + 'static>(&self, name: &'static str, part: F) {
        self.lifecycle.tracker().spawn_on(lasting(name, part, self.lifecycle.clone()), &self.background);
    }
}
