//! A gateway on a port of its own, with real services behind it and its ports in memory.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use reqwest::{Client, RequestBuilder};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::name::{Email, ServiceName, TenantName};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;
use tenantry_gateway::{Gateway, GatewayConfig, GatewayDeps, serve};
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::RuntimeError;
use tenantry_ports::store::StoreError;
use tenantry_ports::usage::{Counted, Usage};
use tenantry_tenancy::Table;
use tenantry_tenancy::testing::{CountingIds, MemoryTable, Signer, Speaker, TokioClock, framed};
use tenantry_web::{ConnectionLimits, ConnectionListener, Lifecycle, Verifier};
use tokio::net::TcpListener;

use super::records::Records;

/// Addresses of each owner's services, best first; `forget` strikes one out.
#[derive(Default)]
pub struct Map(pub Mutex<HashMap<(Owner, String), Vec<SocketAddr>>>);

#[async_trait]
impl Routes for Map {
    async fn locate(&self, owner: &Owner, service: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError> {
        let map = self.0.lock().unwrap();
        Ok(map.get(&(owner.clone(), service.to_string())).and_then(|found| found.first().copied()))
    }

    fn forget(&self, owner: &Owner, service: &ServiceName, address: SocketAddr) {
        if let Some(found) = self.0.lock().unwrap().get_mut(&(owner.clone(), service.to_string())) {
            found.retain(|known| *known != address);
        }
    }
}

#[derive(Default)]
pub struct Counts(Mutex<HashMap<(TenantId, String), u64>>);

#[async_trait]
impl Usage for Counts {
    async fn take(&self, tenant: &TenantId, day: &str, limit: u64) -> Result<Counted, StoreError> {
        let mut counts = self.0.lock().unwrap();
        let used = counts.entry((tenant.clone(), day.to_owned())).or_default();
        if *used >= limit {
            return Ok(Counted::Over);
        }
        *used += 1;
        Ok(Counted::Within { used: *used })
    }

    async fn used(&self, tenant: &TenantId, day: &str) -> Result<u64, StoreError> {
        Ok(self.0.lock().unwrap().get(&(tenant.clone(), day.to_owned())).copied().unwrap_or_default())
    }
}

pub struct House {
    pub signer: Arc<Signer>,
    pub routes: Arc<Map>,
    pub records: Arc<Records>,
    pub usage: Arc<Counts>,
    pub lifecycle: Lifecycle,
    pub gateway: Arc<Gateway>,
    pub client: Client,
    pub url: String,
}

pub const ORIGIN: &str = "https://app.example.com";

impl House {
    /// With acme and initech pooled, and globex and umbrella dedicated. `change` edits the catalogue's text.
    pub async fn open(change: impl Fn(&str) -> String) -> Self {
        Self::with(|_| (), change).await
    }

    /// One that believes for so long how a tenant stands.
    pub async fn believing(standing_ttl: Duration, change: impl Fn(&str) -> String) -> Self {
        Self::with(|config| config.standing_ttl = standing_ttl, change).await
    }

    /// One that is set in another way.
    pub async fn with(set: impl FnOnce(&mut GatewayConfig), change: impl Fn(&str) -> String) -> Self {
        let signer = Arc::new(Signer::default());
        let (routes, usage) = (Arc::new(Map::default()), Arc::new(Counts::default()));
        let clock = Arc::new(TokioClock::default());
        let catalogue = Arc::new(Catalogue::parse(&change(Catalogue::DEFAULT)).unwrap());
        let records = Arc::new(Records::default());
        for (tenant, tier) in [("acme", "basic"), ("initech", "Basic"), ("globex", "advanced"), ("umbrella", "premium")]
        {
            records.put(record(tenant, tier, &catalogue, Status::Created));
        }
        let deps = GatewayDeps {
            verifier: Arc::new(Verifier::new(signer.clone(), clock.clone())),
            tenants: records.clone(),
            routes: routes.clone(),
            usage: usage.clone(),
            catalogue,
            clock,
            ids: Arc::new(CountingIds::default()),
        };
        let mut config = GatewayConfig {
            origins: vec![ORIGIN.into()],
            upstream_timeout: Duration::from_millis(500),
            standing_ttl: Duration::ZERO,
            max_body: 1024 * 1024,
            ..GatewayConfig::default()
        };
        set(&mut config);
        let lifecycle = Lifecycle::new(Duration::from_secs(5));
        let gateway = Arc::new(Gateway::new(deps, config));
        let url = listen(&gateway, &lifecycle, ConnectionListener::from).await;
        let client = Client::builder().no_proxy().build().unwrap();
        Self { signer, routes, records, usage, lifecycle, gateway, client, url }
    }

    /// Another listener of the same gateway, with so many places.
    pub async fn narrow_listener(&self, places: usize) -> String {
        listen(&self.gateway, &self.lifecycle, |listener| {
            ConnectionListener::new(listener, ConnectionLimits { total: places, ..ConnectionLimits::default() })
        })
        .await
    }

    /// Starts routes behind the gateway as the owner's service.
    pub async fn start(&self, owner: &Owner, service: &str, router: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let life = self.lifecycle.clone();
        tokio::spawn(async move { tenantry_web::serve(listener, router, &life).await });
        self.routes.0.lock().unwrap().entry((owner.clone(), service.into())).or_default().push(address);
        address
    }

    /// The sample's orders, for an owner.
    pub async fn orders(&self, owner: &Owner) -> SocketAddr {
        let table = Table::new(Arc::new(MemoryTable::default()));
        let context = tenantry_orders::Context { table, ids: Arc::new(CountingIds::default()) };
        let router = framed("orders", owner.clone(), &self.signer, tenantry_orders::router(context));
        self.start(owner, "orders", router).await
    }

    pub fn token(&self, tenant: &str) -> String {
        let speaker = if ["acme", "initech"].contains(&tenant) { Speaker::Pooled } else { Speaker::Tenant(tenant) };
        self.signer.token(speaker, tenant, "TenantUser")
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }
}

/// Where the gateway answers.
async fn listen(
    gateway: &Arc<Gateway>,
    lifecycle: &Lifecycle,
    bound: impl FnOnce(TcpListener) -> ConnectionListener,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (listener, gateway, lifecycle) = (bound(listener), gateway.clone(), lifecycle.clone());
    tokio::spawn(async move { serve(listener, gateway, &lifecycle).await });
    url
}

pub fn own(tenant: &str) -> Owner {
    Owner::Tenant(TenantId::parse(tenant).unwrap())
}

pub fn record(tenant: &str, tier: &str, catalogue: &Catalogue, status: Status) -> TenantRecord {
    TenantRecord {
        tenant_id: TenantId::parse(tenant).unwrap(),
        registration_id: RegistrationId::parse(format!("r-{tenant}")).unwrap(),
        name: TenantName::parse(tenant).unwrap(),
        email: Email::parse("admin@example.com").unwrap(),
        sign_in: None,
        tier: tier.into(),
        placement: catalogue.tier(tier).unwrap().placement,
        status,
        spelling: None,
        active: status == Status::Created,
        tenant: Attributes::default(),
        registration: Attributes::default(),
        operation: None,
        generation: 1,
        created_at: Timestamp::from_millis(0),
    }
}
