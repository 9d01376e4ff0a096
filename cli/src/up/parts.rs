//! The parts of the one process, each started as tasks that the lifecycle waits for.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::WorkerId;
use tenantry_control_plane::{ControlPlane, RateLimit, Settings};
use tenantry_embedded::database::Database;
use tenantry_embedded::identity::{self, Identity};
use tenantry_embedded::runtime::LocalRuntime;
use tenantry_gateway::{Gateway, GatewayConfig, GatewayDeps, heed_closings};
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_provisioner::{Engine, EngineConfig, EngineDeps};
use tenantry_web::metrics::Metrics;
use tenantry_web::{HttpOptions, Lifecycle, ScopePolicy, Verifier, harden, health_router, serve};
use tokio::net::TcpListener;

pub struct Parts {
    pub database: Database,
    pub identity: Identity,
    pub runtime: Arc<LocalRuntime>,
    pub catalogue: Arc<Catalogue>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub api_url: String,
    pub gateway_url: String,
    pub origins: Vec<String>,
    pub hosts: Vec<String>,
    pub lifecycle: Lifecycle,
}

impl Parts {
    /// The issuers, and the admin API if this process has that role.
    pub async fn serve_api(&self, listener: TcpListener, control_plane: bool) -> anyhow::Result<()> {
        let mut router = identity::router(self.identity.clone());
        if control_plane {
            let cp = self.control_plane();
            router = router.merge(tenantry_control_plane::router(cp.clone()).await?);
            self.spawn(tenantry_control_plane::run_reports(cp.clone(), self.lifecycle.token()));
            self.spawn(tenantry_control_plane::run_reaper(cp, self.lifecycle.token()));
        } else {
            router = router.merge(health_router(self.lifecycle.ready()));
        }
        self.serve(listener, harden(router, self.http()));
        Ok(())
    }

    pub fn serve_gateway(&self, listener: TcpListener) {
        let store = Arc::new(self.database.clone());
        let deps = GatewayDeps {
            verifier: self.verifier(),
            tenants: store.clone(),
            routes: self.runtime.clone(),
            usage: store,
            catalogue: self.catalogue.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        let mut config = GatewayConfig { origins: self.origins.clone(), ..GatewayConfig::default() };
        config.hosts.extend(self.hosts.iter().cloned());
        let gateway = Arc::new(Gateway::new(deps, config));
        let lifecycle = self.lifecycle.clone();
        let heeding = heed_closings(Arc::clone(&gateway), self.database.closing());
        let stop = self.lifecycle.token();
        self.spawn(async move {
            tokio::select! { () = heeding => {}, () = stop.cancelled() => {} }
        });
        self.spawn(async move { tenantry_gateway::serve(listener, gateway, &lifecycle).await });
    }

    pub fn provision(&self) {
        let store = Arc::new(self.database.clone());
        let worker = WorkerId::parse(self.ids.fresh()).unwrap_or_else(|e| unreachable!("a fresh id is an id: {e}"));
        let deps = EngineDeps {
            work: store.clone(),
            runtime: self.runtime.clone(),
            bus: store,
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            catalogue: self.catalogue.clone(),
            worker,
        };
        self.spawn(Engine::new(deps, EngineConfig::default()).run(self.lifecycle.token()));
    }

    pub fn serve_metrics(&self, listener: TcpListener, metrics: &Metrics) {
        self.serve(listener, harden(metrics.router(), self.http()));
    }

    fn control_plane(&self) -> ControlPlane {
        let store = Arc::new(self.database.clone());
        ControlPlane {
            store: store.clone(),
            keys: store.clone(),
            secrets: store.clone(),
            log: store.clone(),
            bus: store,
            admins: Arc::new(self.identity.clone()),
            verifier: self.verifier(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            catalogue: self.catalogue.clone(),
            settings: Settings {
                gateway_url: self.gateway_url.clone(),
                issuer_base: self.api_url.clone(),
                policy: ScopePolicy::default(),
                public_rate: RateLimit::DEFAULT,
            },
            ready: self.lifecycle.ready(),
            stop: self.lifecycle.streams(),
        }
    }

    fn verifier(&self) -> Arc<Verifier> {
        Arc::new(Verifier::new(Arc::new(self.identity.clone()), self.clock.clone()))
    }

    fn http(&self) -> HttpOptions {
        let mut options = HttpOptions::new(self.ids.clone());
        options.hosts.extend(self.hosts.iter().cloned());
        options.cors_origins.clone_from(&self.origins);
        options
    }

    fn serve(&self, listener: TcpListener, router: Router) {
        let lifecycle = self.lifecycle.clone();
        self.spawn(async move { serve(listener, router, &lifecycle).await });
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(&self, part: F) {
        self.lifecycle.tracker().spawn(part);
    }
}
