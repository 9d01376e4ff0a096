//! What a stage's stack would have made, in an emulator, and a runtime that works there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_config::SdkConfig;
use tenantry_aws::limits::Limits;
use tenantry_aws::runtime::{Deps, EcsRuntime, Place, Pools, Probe};
use tenantry_conformance::make::START;
use tenantry_conformance::subject::HandClock;
use tenantry_contract::catalogue::{Catalogue, Placement};
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::{Desired, TenantFacts, Want, Whose};
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::{Condition, RuntimeError, Step};

use crate::support::emulator::{Emulator, REGION};
use crate::support::place::{CATALOGUE, place};
pub use crate::support::place::{Nowhere, service, table};

pub struct World {
    pub runtime: Arc<EcsRuntime>,
    pub sdk: SdkConfig,
    pub place: Place,
}

impl World {
    pub async fn at(emulator: &Emulator) -> Self {
        Self::with(emulator, &emulator.url, None, Arc::new(Nowhere)).await
    }

    /// One whose runtime calls AWS at `url`, and asks services whether they answer if it is told how.
    pub async fn with(emulator: &Emulator, url: &str, probe: Option<Probe>, routes: Arc<dyn Routes>) -> Self {
        let place = Place { probe, ..place(emulator, &emulator.config().await).await };
        let sdk = emulator.config_at(url).await;
        let deps = Deps {
            catalogue: Arc::new(Catalogue::parse(CATALOGUE).unwrap()),
            limits: Limits::default(),
            pools: Arc::new(FakePools::default()),
            routes,
            clock: Arc::new(HandClock::at(START)),
        };
        let runtime = Arc::new(EcsRuntime::new(&sdk, place.clone(), deps).unwrap());
        Self { runtime, sdk, place }
    }
}

/// Pools in memory.
#[derive(Default)]
pub struct FakePools {
    pub pools: Mutex<BTreeMap<Owner, PoolId>>,
    pub users: Mutex<Vec<(PoolId, TenantId)>>,
}

#[async_trait]
impl Pools for FakePools {
    async fn ensure_pool(
        &self,
        tenant: &TenantId,
        _: &str,
        _: Option<&PoolId>,
    ) -> Result<Step<(PoolId, ClientId)>, RuntimeError> {
        let pool = PoolId::parse(format!("{REGION}_{tenant}")).unwrap();
        self.pools.lock().unwrap().insert(Owner::Tenant(tenant.clone()), pool.clone());
        Ok(Step::Ready((pool, ClientId::parse("client").unwrap())))
    }

    async fn inspect_pool(&self, tenant: &TenantId, _: &PoolId) -> Result<Condition, RuntimeError> {
        let there = self.pools.lock().unwrap().contains_key(&Owner::Tenant(tenant.clone()));
        Ok(if there { Condition::Sound } else { Condition::Drifted("it is not there".to_owned()) })
    }

    async fn remove_pool(&self, tenant: &TenantId, _: Option<&PoolId>) -> Result<Step<()>, RuntimeError> {
        self.pools.lock().unwrap().remove(&Owner::Tenant(tenant.clone()));
        Ok(Step::Ready(()))
    }

    async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<Step<()>, RuntimeError> {
        let user = (pool.clone(), facts.id.clone());
        let mut users = self.users.lock().unwrap();
        if !users.contains(&user) {
            users.push(user);
        }
        Ok(Step::Ready(()))
    }

    async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<Step<()>, RuntimeError> {
        self.users.lock().unwrap().retain(|(p, t)| p != pool || t != tenant);
        Ok(Step::Ready(()))
    }

    async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, RuntimeError> {
        Ok(self.pools.lock().unwrap().clone().into_iter().collect())
    }

    fn issuer_url(&self, pool: &PoolId) -> String {
        format!("https://issuer.example.com/{pool}")
    }

    fn jwks_url(&self, pool: &PoolId) -> String {
        format!("https://issuer.example.com/{pool}/.well-known/jwks.json")
    }
}

pub fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

fn facts(id: &TenantId, placement: Placement) -> TenantFacts {
    TenantFacts {
        id: id.clone(),
        name: TenantName::parse("acme").unwrap(),
        email: Email::parse("ada@example.com").unwrap(),
        tier: placement.to_string(),
        placement,
    }
}

/// What the stage is to have, of the catalogue above.
pub fn stage() -> Desired {
    let run = |name: &str, tables, scale| Want::Service {
        service: service(name),
        cluster: Whose::Own,
        pool: Whose::Own,
        tables,
        scale,
    };
    let things = Want::Table { service: service("shop"), table: table("things") };
    let shop = run("shop", vec![(table("things"), Whose::Own)], 1);
    let wants = vec![Want::Pool, Want::Cluster, things, shop, run("till", vec![], 2)];
    Desired { owner: Owner::Stage, tenant: None, wants }
}

/// What a tenant of that placement is to have, of the catalogue above.
pub fn desired(id: &str, placement: Placement) -> Desired {
    let id = tenant(id);
    let things = |whose| vec![(table("things"), whose)];
    let run = |name: &str, cluster, tables, scale| Want::Service {
        service: service(name),
        cluster,
        pool: Whose::Own,
        tables,
        scale,
    };
    let rows = Want::Rows { service: service("shop"), table: table("things") };
    let own = Want::Table { service: service("shop"), table: table("things") };
    let admin = |pool| Want::TenantAdmin { pool };
    let wants = match placement {
        Placement::Pooled => vec![admin(Whose::Shared), rows],
        Placement::DedicatedServices => vec![
            Want::Pool,
            admin(Whose::Own),
            rows,
            run("shop", Whose::Shared, things(Whose::Shared), 1),
            run("till", Whose::Shared, vec![], 2),
        ],
        Placement::DedicatedCluster => vec![
            Want::Pool,
            admin(Whose::Own),
            Want::Cluster,
            own,
            run("shop", Whose::Own, things(Whose::Own), 1),
            run("till", Whose::Own, vec![], 2),
        ],
        Placement::External => vec![],
    };
    Desired { tenant: Some(facts(&id, placement)), owner: Owner::Tenant(id), wants }
}
