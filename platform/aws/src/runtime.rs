//! The runtime on ECS: every resource of a tenant's placement and of the stage, one step at a time, found by name or tag before it is
//! made.

mod aws;
mod cluster;
mod content;
mod discovery;
mod fault;
mod group;
mod identity;
mod logs;
mod lower;
pub mod names;
mod owned;
pub mod place;
mod policy;
mod pool;
pub mod pools;
mod role;
mod rows;
mod service;
mod spec;
mod table;
pub(crate) mod tags;
mod task;

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::{Entry, Outputs, Owner, Resource};
use tenantry_contract::want::Desired;
use tenantry_ports::clock::Clock;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::{Condition, Inputs, Runtime, RuntimeError, Step, Tagged};

use self::aws::{Aws, Thing};
use self::owned::Things;
pub use self::place::{Architecture, Namespace, Place, PlaceFaults, Pool, Probe, Subnet};
pub use self::pools::Pools;
use self::spec::{ClusterSpec, Kind, LogsSpec, RoleSpec, ServiceSpec, TableSpec, TaskSpec};
use crate::limits::Limits;

pub struct EcsRuntime {
    aws: Aws,
    catalogue: Arc<Catalogue>,
    routes: Arc<dyn Routes>,
    things: Things,
}

/// What the runtime works with, besides AWS.
pub struct Deps {
    pub catalogue: Arc<Catalogue>,
    pub limits: Limits,
    pub pools: Arc<dyn Pools>,
    /// Asked where a service answers, before it counts as ready.
    pub routes: Arc<dyn Routes>,
    pub clock: Arc<dyn Clock>,
}

impl EcsRuntime {
    pub fn new(sdk: &SdkConfig, place: Place, deps: Deps) -> Result<Self, PlaceFaults> {
        place.check()?;
        let Deps { catalogue, limits, pools, routes, clock } = deps;
        let aws = Aws::new(sdk, place, limits, pools, clock);
        Ok(Self { aws, catalogue, routes, things: Things::default() })
    }
}

#[async_trait]
impl Runtime for EcsRuntime {
    fn lower(&self, desired: &Desired) -> Result<Vec<Resource>, RuntimeError> {
        lower::lower(&self.aws.place, &self.catalogue, desired)
    }

    #[tracing::instrument(
        name = "runtime.resource.ensure", level = "debug", skip_all, fields(%owner, resource = %resource.id)
    )]
    async fn ensure(
        &self,
        owner: &Owner,
        resource: &Resource,
        prior: Option<&Entry>,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        let thing = Thing { owner, resource, outputs: prior.and_then(Entry::outputs) };
        match Kind::parse(&resource.kind)? {
            Kind::Pool => pool::ensure(&self.aws, thing).await,
            Kind::TenantAdmin => pool::ensure_admin(&self.aws, thing, inputs).await,
            Kind::Cluster => cluster::ensure(&self.aws, thing).await,
            Kind::Logs => logs::ensure(&self.aws, thing).await,
            Kind::Role => role::ensure(&self.aws, thing, inputs).await,
            Kind::Group => group::ensure(&self.aws, thing).await,
            Kind::Table => table::ensure(&self.aws, thing).await,
            // A tenant that has written nothing has rows all the same.
            Kind::Rows => Ok(Step::Ready(Outputs::new())),
            Kind::Task => task::ensure(&self.aws, thing, inputs).await,
            Kind::Discovery => discovery::ensure(&self.aws, thing).await,
            Kind::Service => service::ensure(&self.aws, &*self.routes, thing, inputs).await,
        }
    }

    async fn inspect(&self, owner: &Owner, entry: &Entry) -> Result<Condition, RuntimeError> {
        let thing = Thing { owner, resource: &entry.resource, outputs: entry.outputs() };
        match Kind::parse(&entry.resource.kind)? {
            Kind::Pool => pool::inspect(&self.aws, thing).await,
            Kind::Cluster => cluster::inspect(&self.aws, thing).await,
            Kind::Logs => logs::inspect(&self.aws, thing).await,
            Kind::Role => role::inspect(&self.aws, thing).await,
            Kind::Group => group::inspect(&self.aws, thing).await,
            Kind::Table => table::inspect(&self.aws, thing).await,
            // Users are the tenant's to change, and rows the service's.
            Kind::TenantAdmin | Kind::Rows => Ok(Condition::Sound),
            Kind::Task => task::inspect(&self.aws, thing).await,
            Kind::Discovery => discovery::inspect(&self.aws, thing).await,
            Kind::Service => service::inspect(&self.aws, thing).await,
        }
    }

    #[tracing::instrument(
        name = "runtime.resource.remove", level = "debug", skip_all, fields(%owner, resource = %entry.resource.id)
    )]
    async fn remove(&self, owner: &Owner, entry: &Entry) -> Result<Step<()>, RuntimeError> {
        let resource = &entry.resource;
        let thing = Thing { owner, resource, outputs: entry.outputs() };
        match Kind::parse(&resource.kind)? {
            Kind::Pool => pool::remove(&self.aws, thing).await,
            Kind::TenantAdmin => pool::remove_users(&self.aws, thing).await,
            Kind::Cluster => cluster::remove(&self.aws, &spec::read::<ClusterSpec>(resource)?.name).await,
            Kind::Logs => logs::remove(&self.aws, &spec::read::<LogsSpec>(resource)?.name).await,
            Kind::Role => role::remove(&self.aws, &spec::read::<RoleSpec>(resource)?.name).await,
            Kind::Group => group::remove(&self.aws, thing).await,
            Kind::Table => table::remove(&self.aws, &spec::read::<TableSpec>(resource)?.name).await,
            Kind::Rows => rows::remove(&self.aws, &spec::read(resource)?, thing.tenant()?).await,
            Kind::Task => task::remove(&self.aws, &spec::read::<TaskSpec>(resource)?.family).await,
            Kind::Discovery => discovery::remove(&self.aws, thing).await,
            Kind::Service => {
                let ServiceSpec { cluster, name, .. } = spec::read(resource)?;
                service::remove(&self.aws, &cluster, &name).await
            }
        }
    }

    fn holds_data(&self, kind: &str) -> bool {
        // What a tenant's services printed is data too, though an update may replace it.
        Kind::parse(kind).map_or(true, |kind| kind.holds_data() || kind == Kind::Logs)
    }

    async fn owned(&self, page: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        self.things.page(&self.aws, page).await
    }

    #[tracing::instrument(
        name = "runtime.resource.discard", level = "debug", skip_all, fields(owner = %thing.owner, native = thing.native)
    )]
    async fn discard(&self, thing: &Tagged) -> Result<Step<()>, RuntimeError> {
        let native = thing.native.as_str();
        match Kind::parse(&thing.kind)? {
            Kind::Pool => pool::discard(&self.aws, &thing.owner, native).await,
            Kind::Cluster => cluster::remove(&self.aws, native).await,
            Kind::Logs => logs::discard(&self.aws, &thing.owner, native).await,
            Kind::Role => role::remove(&self.aws, native).await,
            Kind::Group => group::discard(&self.aws, native).await,
            Kind::Table => table::discard(&self.aws, native).await,
            Kind::Task => task::discard(&self.aws, native).await,
            Kind::Discovery => discovery::discard(&self.aws, native).await,
            Kind::Service => match native.split_once('/') {
                Some((cluster, name)) => service::remove(&self.aws, cluster, name).await,
                None => Err(RuntimeError::permanent(format!("{native:?} names no service in a cluster"))),
            },
            // They are in no list: rows and users go with what names them, an inventory.
            Kind::TenantAdmin | Kind::Rows => {
                Err(RuntimeError::permanent(format!("{} is in no list of ours", thing.resource)))
            }
        }
    }
}

/// Pools, users and rows are tenants': the stage's pool is configured.
fn tenant(owner: &Owner) -> Result<&TenantId, RuntimeError> {
    owner.tenant().ok_or_else(|| RuntimeError::permanent("on AWS the stage has no pool, users or rows of ours"))
}
