//! A runtime over a temporary directory, with a catalogue of little services.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::catalogue::{Catalogue, Placement};
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::name::{Email, ServiceName, TableName, TenantName};
use tenantry_contract::resource::{Entry, EntryState, Need, Outputs, Owner, Resource, ResourceId};
use tenantry_contract::want::{Desired, TenantFacts, Want, Whose};
use tenantry_embedded::runtime::{LocalRuntime, LocalRuntimeConfig, Pace, Pools};
use tenantry_ports::identity::IdentityError;
use tenantry_ports::routes::Routes as _;
use tenantry_ports::runtime::{Inputs, Runtime as _, RuntimeError, Step};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub const TOKEN: &str = "a-token-nobody-may-see";

const CATALOGUE: &str = r#"
[[tiers]]
name = "any"
placement = "pooled"

[[services]]
name = "shop"
port = 1
health_path = "/health"
command = ["tenantry", "service"]
manages_users = true
[services.environment]
COLOUR = "blue"
[[services.tables]]
name = "big-things"
partition_key = "tenantId"

# Does not end when it is asked to.
[[services]]
name = "stubborn"
port = 1
health_path = "/health"
command = ["sh", "-c", "trap '' TERM; \"$KEEPER\" service & wait"]
[services.environment]
KEEPER = "{program}"

[[services]]
name = "broken"
port = 1
health_path = "/health"
command = ["tenantry", "service"]
manages_users = true
[services.environment]
LITTLE_FAILS = "no luck with"

[[services]]
name = "absent"
port = 1
health_path = "/health"
command = ["no-such-program"]
"#;

pub fn config(dir: &Path, program: &Path, pace: Pace) -> LocalRuntimeConfig {
    let catalogue = CATALOGUE.replace("{program}", program.to_str().unwrap());
    LocalRuntimeConfig {
        dir: dir.to_owned(),
        program: program.to_owned(),
        catalogue: Arc::new(Catalogue::parse(&catalogue).unwrap()),
        path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
        lang: "C.UTF-8".to_owned(),
        pace,
    }
}

/// Faster than a machine needs it.
pub fn pace() -> Pace {
    Pace {
        watch: Duration::from_millis(100),
        // Beside other tests a sound service may well be slow.
        answer: Duration::from_secs(20),
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(100),
        ..Pace::default()
    }
}

/// Where every wait of a test ends.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Pools in memory.
#[derive(Default)]
pub struct FakePools {
    pub pools: Mutex<BTreeMap<Owner, PoolId>>,
    pub users: Mutex<Vec<(PoolId, TenantId)>>,
}

fn pool_of(owner: &Owner) -> PoolId {
    let name = owner.tenant().map_or("stage", TenantId::as_str);
    PoolId::parse(format!("local_{name}")).unwrap()
}

#[async_trait]
impl Pools for FakePools {
    async fn ensure_pool(&self, owner: &Owner) -> Result<(PoolId, ClientId), IdentityError> {
        let pool = self.pools.lock().unwrap().entry(owner.clone()).or_insert_with(|| pool_of(owner)).clone();
        Ok((pool, ClientId::parse("client").unwrap()))
    }

    async fn remove_pool(&self, owner: &Owner) -> Result<(), IdentityError> {
        self.pools.lock().unwrap().remove(owner);
        Ok(())
    }

    async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<(), IdentityError> {
        let user = (pool.clone(), facts.id.clone());
        let mut users = self.users.lock().unwrap();
        if !users.contains(&user) {
            users.push(user);
        }
        Ok(())
    }

    async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<(), IdentityError> {
        self.users.lock().unwrap().retain(|(p, t)| p != pool || t != tenant);
        Ok(())
    }

    async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, IdentityError> {
        Ok(self.pools.lock().unwrap().clone().into_iter().collect())
    }

    fn service_token(&self, _: &PoolId) -> String {
        TOKEN.to_owned()
    }

    fn users_url(&self, pool: &PoolId) -> String {
        format!("http://issuer/{pool}/users")
    }

    fn jwks_url(&self, pool: &PoolId) -> String {
        format!("http://issuer/{pool}/.well-known/jwks.json")
    }

    fn issuer_url(&self, pool: &PoolId) -> String {
        format!("http://issuer/{pool}")
    }
}

/// A runtime, and one tenant with everything of its own.
pub struct World {
    pub runtime: Arc<LocalRuntime>,
    pub pools: Arc<FakePools>,
    pub owner: Owner,
}

impl World {
    pub fn open(dir: &Path, program: &Path) -> Self {
        Self::at_pace(dir, program, pace())
    }

    pub fn at_pace(dir: &Path, program: &Path, pace: Pace) -> Self {
        let pools = Arc::new(FakePools::default());
        let runtime = LocalRuntime::open(config(dir, program, pace), pools.clone()).unwrap();
        Self { runtime: Arc::new(runtime), pools, owner: tenant("t-1") }
    }

    /// The same runtime for another tenant.
    pub fn of(&self, id: &str) -> Self {
        Self { runtime: self.runtime.clone(), pools: self.pools.clone(), owner: tenant(id) }
    }

    pub fn lower(&self, owner: &Owner, wants: Vec<Want>) -> Vec<Resource> {
        let tenant = owner.tenant().map(facts);
        self.runtime.lower(&Desired { owner: owner.clone(), tenant, wants }).unwrap()
    }

    pub fn service(&self, name: &str, scale: u32) -> Resource {
        let tables = if name == "shop" { vec![(table("big-things"), Whose::Own)] } else { vec![] };
        let want = Want::Service { service: service(name), cluster: Whose::Own, pool: Whose::Own, tables, scale };
        self.lower(&self.owner, vec![want]).remove(0)
    }

    pub fn inputs(&self) -> Inputs {
        let pool = pool_of(&self.owner).to_string();
        let outputs = [("userPoolId", pool.as_str()), ("appClientId", "client")];
        let outputs: Outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Inputs::from([(Need::Own(ResourceId::new("pool", "users")), outputs)])
    }

    pub async fn ensure(&self, resource: &Resource) -> Result<Step<Outputs>, RuntimeError> {
        self.runtime.ensure(&self.owner, resource, None, &self.inputs()).await
    }

    /// Asks as the engine does.
    pub async fn until_ready(&self, resource: &Resource) {
        until("a resource is ready", async || matches!(self.ensure(resource).await, Ok(Step::Ready(_)))).await;
    }

    pub async fn until_removed(&self, resource: &Resource) {
        let entry = Entry { resource: resource.clone(), state: EntryState::Removing { outputs: Outputs::new() } };
        until("a resource is removed", async || {
            matches!(self.runtime.remove(&self.owner, &entry).await.unwrap(), Step::Ready(()))
        })
        .await;
    }

    pub async fn locate(&self, name: &str) -> Option<SocketAddr> {
        self.runtime.locate(&self.owner, &service(name)).await.unwrap()
    }

    /// What the service says of itself.
    pub async fn says(&self, name: &str, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.locate(name).await?).await.ok()?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    pub async fn pid(&self, name: &str) -> Option<i32> {
        let answer = self.says(name, "/").await?;
        answer.lines().find_map(|line| line.strip_prefix("pid=")).and_then(|pid| pid.parse().ok())
    }
}

/// Waits for a condition, with patience but not for ever.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A corpse that its parent has not buried does not run.
pub fn runs(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z')))
}

pub fn facts(id: &TenantId) -> TenantFacts {
    TenantFacts {
        id: id.clone(),
        name: TenantName::parse("acme").unwrap(),
        email: Email::parse("ada@example.com").unwrap(),
        tier: "any".to_owned(),
        placement: Placement::DedicatedCluster,
    }
}

pub fn tenant(id: &str) -> Owner {
    Owner::Tenant(TenantId::parse(id).unwrap())
}

pub fn service(name: &str) -> ServiceName {
    ServiceName::parse(name).unwrap()
}

pub fn table(name: &str) -> TableName {
    TableName::parse(name).unwrap()
}

/// The example beside this test, which Cargo builds with it.
pub fn little() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/little");
    assert!(program.exists(), "build it first: cargo build -p tenantry-embedded --example little");
    program
}
