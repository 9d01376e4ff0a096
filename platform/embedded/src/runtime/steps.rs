//! What each kind of resource takes: to make, to look at, to remove.

use std::time::Duration;

use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::{Outputs, Owner, Resource, ResourceId};
use tenantry_contract::want::Whose;
use tenantry_ports::runtime::{Condition, Inputs, RuntimeError, Step, Tagged};

use super::environment::{self, CLIENT, POOL};
use super::process::{self, Launch, Progress};
use super::spec::{self, AdminSpec, Kind, ProcessSpec};
use super::tables::prune;
use super::{LocalRuntime, fault};

/// Under way things here take milliseconds.
const SOON: Duration = Duration::from_millis(20);
/// A service that ends at every start is given time between two looks.
const LATER: Duration = Duration::from_secs(1);

fn pending<T>(why: impl Into<String>) -> Step<T> {
    Step::Pending { after: SOON, why: why.into() }
}

impl LocalRuntime {
    pub(super) async fn make(
        &self,
        owner: &Owner,
        resource: &Resource,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        match Kind::parse(&resource.kind)? {
            Kind::Pool => {
                let (pool, client) = self.pools.ensure_pool(owner).await.map_err(fault::identity)?;
                Ok(Step::Ready(Outputs::from([(POOL.to_owned(), pool.into()), (CLIENT.to_owned(), client.into())])))
            }
            Kind::TenantAdmin => self.make_admin(owner, resource, inputs).await,
            // On one machine it is a name.
            Kind::Cluster => Ok(Step::Ready(Outputs::new())),
            Kind::Table => {
                self.tables.ensure(owner, name_in(&resource.id)).await?;
                Ok(Step::Ready(Outputs::new()))
            }
            Kind::Rows => {
                self.tables.admit(name_in(&resource.id), tenant_of(owner)?).await?;
                Ok(Step::Ready(Outputs::new()))
            }
            Kind::Process => self.make_process(owner, resource, inputs),
            Kind::Log => Err(RuntimeError::permanent("a log is made by its service")),
        }
    }

    async fn make_admin(
        &self,
        owner: &Owner,
        resource: &Resource,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        let spec: AdminSpec = spec::read(&resource.spec)?;
        let outputs = environment::pool_outputs(owner, spec.pool, inputs)?;
        let pool = environment::output(outputs, POOL)?;
        let id = PoolId::parse(pool).map_err(|cause| RuntimeError::transient("a pool's id is none", cause))?;
        self.pools.ensure_tenant_admin(&id, &spec.facts).await.map_err(fault::identity)?;
        // Where its user is, a tenant signs in: also one that has no pool of its own.
        Ok(Step::Ready(outputs.clone()))
    }

    fn make_process(&self, owner: &Owner, resource: &Resource, inputs: &Inputs) -> Result<Step<Outputs>, RuntimeError> {
        let spec: ProcessSpec = spec::read(&resource.spec)?;
        let key = (owner.clone(), spec.service.clone());
        if spec.scale == 0 {
            return Ok(if self.services.stop(&key) { Step::Ready(Outputs::new()) } else { pending("it is ending") });
        }
        match self.services.progress(&key, &resource.spec_hash) {
            Progress::Healthy => Ok(Step::Ready(Outputs::new())),
            Progress::Starting(why) => Ok(pending(why)),
            Progress::Failing(why) => Err(RuntimeError::Transient {
                what: format!("the service {} does not stay up: {why}", spec.service),
                retry_after: Some(LATER),
                cause: None,
            }),
            Progress::Closed => Err(RuntimeError::Transient {
                what: "this program is ending".to_owned(),
                retry_after: Some(LATER),
                cause: None,
            }),
            Progress::Stopping if !self.services.stop(&key) => Ok(pending("what it was before is ending")),
            Progress::Stopping | Progress::Absent => {
                let launch = self.launch(owner, &spec, inputs)?;
                self.services
                    .start(launch, spec.scale, &resource.spec_hash)
                    .map_err(|cause| fault::disk("a service's log", cause))?;
                Ok(pending("it is starting"))
            }
        }
    }

    fn launch(&self, owner: &Owner, spec: &ProcessSpec, inputs: &Inputs) -> Result<Launch, RuntimeError> {
        let (word, args) = spec
            .command
            .split_first()
            .ok_or_else(|| RuntimeError::permanent(format!("the service {} has no command", spec.service)))?;
        let program = process::find(word, &self.program, &self.base.path).map_err(|cause| RuntimeError::Permanent {
            what: format!("the service {} cannot run: {cause}", spec.service),
            cause: None,
        })?;
        let environment = environment::of(owner, spec, inputs, &self.base, &*self.pools, &self.tables)?;
        Ok(Launch {
            owner: owner.clone(),
            service: spec.service.clone(),
            keeper: self.program.clone(),
            program,
            args: args.to_vec(),
            environment: environment.variables,
            secrets: environment.secrets,
            health_path: spec.health_path.clone(),
            log: self.layout.log(owner, &spec.service),
            run: self.layout.run(),
        })
    }

    pub(super) fn look(&self, owner: &Owner, resource: &Resource) -> Result<Condition, RuntimeError> {
        match Kind::parse(&resource.kind)? {
            // They are ours alone, in stores that do not forget.
            Kind::Pool | Kind::TenantAdmin | Kind::Cluster | Kind::Rows | Kind::Log => Ok(Condition::Sound),
            Kind::Table if self.tables.path(owner, name_in(&resource.id)).exists() => Ok(Condition::Sound),
            Kind::Table => Ok(Condition::Drifted("its file is gone".to_owned())),
            Kind::Process => {
                let spec: ProcessSpec = spec::read(&resource.spec)?;
                let key = (owner.clone(), spec.service);
                Ok(match (self.services.progress(&key, &resource.spec_hash), spec.scale) {
                    // Of a runtime that ends, nothing can be mended any more.
                    (Progress::Healthy, 1..) | (Progress::Absent, 0) | (Progress::Closed, _) => Condition::Sound,
                    (Progress::Absent, _) => Condition::Drifted("it does not run".to_owned()),
                    (Progress::Starting(why) | Progress::Failing(why), _) => Condition::Drifted(why),
                    (Progress::Stopping | Progress::Healthy, _) => Condition::Drifted("it runs by another spec".into()),
                })
            }
        }
    }

    pub(super) async fn take_down(
        &self,
        owner: &Owner,
        resource: &Resource,
        outputs: Option<&Outputs>,
    ) -> Result<Step<()>, RuntimeError> {
        let kind = Kind::parse(&resource.kind)?;
        if kind != Kind::TenantAdmin {
            return self.remove_thing(owner, kind, &resource.id).await;
        }
        let spec: AdminSpec = spec::read(&resource.spec)?;
        let tenant = tenant_of(owner)?;
        let holder = if spec.pool == Whose::Own { owner } else { &Owner::Stage };
        let known = outputs.and_then(|outputs| PoolId::parse(outputs.get(POOL)?.as_str()).ok());
        let pool = if known.is_some() {
            known
        } else {
            // It was not told before a crash.
            let pools = self.pools.owned_pools().await.map_err(fault::identity)?;
            pools.into_iter().find(|(owner, _)| owner == holder).map(|(_, pool)| pool)
        };
        if let Some(pool) = pool {
            self.pools.remove_tenant_users(&pool, tenant).await.map_err(fault::identity)?;
        }
        Ok(Step::Ready(()))
    }

    pub(super) async fn sweep_up(&self, thing: &Tagged) -> Result<Step<()>, RuntimeError> {
        let kind = Kind::parse(&thing.kind)?;
        if kind == Kind::Process {
            // Its log holds data, and is listed by itself once the service has ended.
            let key = (thing.owner.clone(), service_in(&thing.resource)?);
            return Ok(if self.services.stop(&key) { Step::Ready(()) } else { pending("it is ending") });
        }
        self.remove_thing(&thing.owner, kind, &thing.resource).await
    }

    async fn remove_thing(&self, owner: &Owner, kind: Kind, id: &ResourceId) -> Result<Step<()>, RuntimeError> {
        let name = name_in(id);
        match kind {
            Kind::Pool => self.pools.remove_pool(owner).await.map_err(fault::identity)?,
            Kind::TenantAdmin => return Err(RuntimeError::permanent("a tenant's users are removed by their pool")),
            Kind::Table => self.tables.remove(owner, name).await?,
            Kind::Rows if !self.tables.expel(name, tenant_of(owner)?).await? => {
                return Ok(pending("its rows are being removed"));
            }
            Kind::Rows | Kind::Cluster => {}
            Kind::Process | Kind::Log => {
                let service = service_in(id)?;
                if !self.services.stop(&(owner.clone(), service.clone())) {
                    return Ok(pending("it is ending"));
                }
                process::log::remove(&self.layout.log(owner, &service))
                    .map_err(|cause| fault::disk("a service's log", cause))?;
                prune(&self.layout.logs_of(owner))?;
            }
        }
        Ok(Step::Ready(()))
    }
}

/// What follows the kind in an id.
fn name_in(id: &ResourceId) -> &str {
    id.as_str().split_once('/').map_or("", |(_, name)| name)
}

fn service_in(id: &ResourceId) -> Result<ServiceName, RuntimeError> {
    ServiceName::parse(name_in(id))
        .map_err(|cause| RuntimeError::Permanent { what: format!("{id} names no service"), cause: Some(cause.into()) })
}

fn tenant_of(owner: &Owner) -> Result<&TenantId, RuntimeError> {
    owner.tenant().ok_or_else(|| RuntimeError::permanent("only a tenant has rows and users"))
}
