//! An ECS service: tasks over at least two zones, behind a circuit breaker.

mod list;
mod probe;
mod reason;
mod shape;
mod states;

use std::time::Duration;

use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Deployment, DeploymentRolloutState, LaunchType, NetworkConfiguration, PropagateTags, Service,
    ServiceRegistry,
};
use aws_smithy_types::error::operation::BuildError;
use tenantry_contract::resource::Outputs;
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::{Condition, Inputs, RuntimeError, Step};

pub use self::list::list;
pub use self::states::Services;
use super::aws::{Aws, LATER, SOON, Thing, input, passing, pending};
use super::cluster::ecs_tags;
use super::spec::{self, ServiceSpec, id, output};
use crate::fault::{Fault, Kind, call};
use crate::limits::Family;

/// A rollout that failed is tried again, and not at once.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// IAM shows a new role everywhere after a while; that long an error about a role is no error.
const NEW_ROLE: Duration = Duration::from_secs(120);

/// What the service is to be, besides what cannot change.
struct Wanted<'a> {
    spec: &'a ServiceSpec,
    task: &'a str,
    group: &'a str,
    registry: &'a str,
    role_made_at: Option<i64>,
}

pub async fn ensure(
    aws: &Aws,
    routes: &dyn Routes,
    thing: Thing<'_>,
    inputs: &Inputs,
) -> Result<Step<Outputs>, RuntimeError> {
    let spec: ServiceSpec = spec::read(thing.resource)?;
    let wanted = Wanted {
        spec: &spec,
        task: input(inputs, &id::task(&spec.service), output::TASK)?,
        group: input(inputs, &id::group(), output::GROUP)?,
        registry: input(inputs, &id::discovery(&spec.service), output::DISCOVERY_ARN)?,
        role_made_at: input(inputs, &id::role(), output::ROLE_MADE_AT)?.parse().ok(),
    };
    let name = &spec.name;
    let found = states::find(aws, &spec.cluster, name).await?;
    let Some(service) = found.filter(|service| service.status() != Some("INACTIVE")) else {
        create(aws, thing, &wanted).await?;
        return Ok(pending(LATER, format!("the service {name} is being made")));
    };
    if service.status() != Some("ACTIVE") {
        return Ok(pending(LATER, format!("an earlier service {name} is still draining")));
    }
    let failed = |deployment: &&Deployment| {
        deployment.rollout_state() == Some(&DeploymentRolloutState::Failed)
            && deployment.task_definition() == Some(wanted.task)
    };
    if let Some(failed) = service.deployments().iter().find(failed)
        && is_latest(&service, failed, wanted.task)
    {
        let why = reason::of_failure(aws, &spec, &service, failed).await?;
        update(aws, &wanted, true).await?;
        return Err(passing(format!("the rollout of {name} failed and is tried again: {why}"), AFTER_FAILURE));
    }
    if !wanted.is(&service) {
        update(aws, &wanted, false).await?;
        return Ok(pending(SOON, format!("the service {name} is being changed")));
    }
    if let Some(why) = under_way(&service) {
        let troubles = reason::of_trouble(aws, &spec, &service).await?;
        let but = troubles.map(|trouble| format!("; so far: {trouble}")).unwrap_or_default();
        return Ok(pending(LATER, format!("the service {name} {why}{but}")));
    }
    if spec.scale > 0
        && let Some(probe) = aws.place.probe
        && let Some(why) = probe::trouble(routes, probe, thing.owner, &spec).await?
    {
        return Ok(pending(LATER, format!("the service {name} runs, and {why}")));
    }
    // What the look for drift holds against what is there.
    let told = [(output::TASK, wanted.task), (output::GROUP, wanted.group), (output::DISCOVERY_ARN, wanted.registry)];
    Ok(Step::Ready(told.map(|(name, value)| (name.to_owned(), value.to_owned())).into()))
}

/// A failed deployment matters while nothing newer of the same task definition is under way.
fn is_latest(service: &Service, failed: &Deployment, task: &str) -> bool {
    let primary = service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
    primary.is_none_or(|primary| primary.id() == failed.id() || primary.task_definition() != Some(task))
}

/// Why it is not in its steady state yet.
fn under_way(service: &Service) -> Option<String> {
    let primary = service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
    let Some(primary) = primary else { return Some("has no deployment yet".to_owned()) };
    let (running, desired) = (primary.running_count(), service.desired_count());
    match primary.rollout_state() {
        Some(DeploymentRolloutState::Completed) if desired > 0 || service.running_count() == 0 => None,
        Some(DeploymentRolloutState::Completed) => Some("is stopping its tasks".to_owned()),
        _ => Some(format!("is rolling out: {running} of {desired} tasks run")),
    }
}

impl Wanted<'_> {
    fn is(&self, service: &Service) -> bool {
        let difference = shape::difference(service, self.spec, Some(self.group), Some(self.registry));
        let scaled = service.desired_count() == self.desired();
        service.task_definition() == Some(self.task) && scaled && difference.is_none()
    }

    fn desired(&self) -> i32 {
        i32::try_from(self.spec.scale).unwrap_or(i32::MAX)
    }

    fn network(&self) -> Result<NetworkConfiguration, BuildError> {
        let network = AwsVpcConfiguration::builder()
            .set_subnets(Some(self.spec.subnets.clone()))
            .security_groups(self.group)
            .assign_public_ip(shape::public(self.spec))
            .build()?;
        Ok(NetworkConfiguration::builder().awsvpc_configuration(network).build())
    }

    fn registry(&self) -> ServiceRegistry {
        ServiceRegistry::builder().registry_arn(self.registry).build()
    }

    /// Refusals that only say that a role, or a group, has not been seen yet.
    fn weigh(&self, aws: &Aws, fault: Fault) -> RuntimeError {
        let what = fault.to_string();
        let of_role = ["role", "assume"].iter().any(|word| what.to_ascii_lowercase().contains(word));
        let age = self.role_made_at.map(|at| aws.clock.now().millis().saturating_sub(at));
        let young = age.is_none_or(|age| age < i64::try_from(NEW_ROLE.as_millis()).unwrap_or(i64::MAX));
        let new_group = what.contains("InvalidGroup");
        if fault.kind == Kind::Refused && ((of_role && young) || new_group) {
            return RuntimeError::Transient { what, retry_after: Some(LATER), cause: Some(Box::new(fault)) };
        }
        fault.into()
    }
}

async fn create(aws: &Aws, thing: Thing<'_>, wanted: &Wanted<'_>) -> Result<(), RuntimeError> {
    let ServiceSpec { name, cluster, .. } = wanted.spec;
    let of = call("ecs:CreateService", format!("service {name} in cluster {cluster}"));
    let network = wanted.network().map_err(|e| of.clone().nonsense(e.to_string()))?;
    aws.limits.take(Family::EcsServices).await?;
    let request = aws
        .ecs
        .create_service()
        .cluster(cluster)
        .service_name(name)
        .task_definition(wanted.task)
        .desired_count(wanted.desired())
        .launch_type(LaunchType::Fargate)
        .deployment_configuration(shape::deployment())
        .network_configuration(network)
        .service_registries(wanted.registry())
        .set_tags(Some(ecs_tags(&thing.tags(&aws.place))))
        .propagate_tags(PropagateTags::Service)
        .enable_ecs_managed_tags(true);
    match request.send().await {
        Ok(_) => Ok(()),
        // Somebody made it since we looked.
        Err(e) if said(&e).contains("not idempotent") => Ok(()),
        // A name is free again when the last task of the earlier service has ended.
        Err(e) if said(&e).contains("still Draining") => {
            Err(passing(format!("an earlier service {name} is still draining"), LATER))
        }
        Err(e) => Err(wanted.weigh(aws, of.fault(e))),
    }
}

fn said(error: &impl aws_smithy_types::error::metadata::ProvideErrorMetadata) -> &str {
    error.message().unwrap_or_default()
}

async fn update(aws: &Aws, wanted: &Wanted<'_>, again: bool) -> Result<(), RuntimeError> {
    let ServiceSpec { name, cluster, .. } = wanted.spec;
    let of = call("ecs:UpdateService", format!("service {name} in cluster {cluster}"));
    let network = wanted.network().map_err(|e| of.clone().nonsense(e.to_string()))?;
    aws.limits.take(Family::EcsServices).await?;
    let request = aws
        .ecs
        .update_service()
        .cluster(cluster)
        .service(name)
        .task_definition(wanted.task)
        .desired_count(wanted.desired())
        .deployment_configuration(shape::deployment())
        .network_configuration(network)
        .service_registries(wanted.registry())
        .force_new_deployment(again);
    request.send().await.map(drop).map_err(|e| wanted.weigh(aws, of.fault(e)))
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let spec: ServiceSpec = spec::read(thing.resource)?;
    let drifted = |why: &str| Ok(Condition::Drifted(format!("the service {} {why}", spec.name)));
    let Some(service) = states::find(aws, &spec.cluster, &spec.name).await? else { return drifted("is not there") };
    let failed = |deployment: &Deployment| deployment.rollout_state() == Some(&DeploymentRolloutState::Failed);
    match service.status() {
        Some("ACTIVE") => {}
        other => return drifted(&format!("is {}", other.unwrap_or("in no known state"))),
    }
    if service.desired_count() != i32::try_from(spec.scale).unwrap_or(i32::MAX) {
        return drifted("has another scale");
    }
    if thing.output(output::TASK).is_some_and(|task| service.task_definition() != Some(task)) {
        return drifted("runs another task definition");
    }
    let (group, registry) = (thing.output(output::GROUP), thing.output(output::DISCOVERY_ARN));
    if let Some(how) = shape::difference(&service, &spec, group, registry) {
        return drifted(how);
    }
    if service.deployments().iter().any(|d| d.status() == Some("PRIMARY") && failed(d)) {
        return drifted("has a rollout that failed");
    }
    Ok(Condition::Sound)
}

/// To scale 0, then deleted, then drained: gone when AWS calls it inactive.
pub async fn remove(aws: &Aws, cluster: &str, name: &str) -> Result<Step<()>, RuntimeError> {
    let Some(service) = states::find(aws, cluster, name).await? else { return Ok(Step::Ready(())) };
    let of = |call_name| call(call_name, format!("service {name} in cluster {cluster}"));
    match service.status() {
        Some("INACTIVE") => return Ok(Step::Ready(())),
        Some("ACTIVE") => {}
        _ => return Ok(pending(LATER, format!("the service {name} is draining"))),
    }
    if service.desired_count() > 0 {
        aws.limits.take(Family::EcsServices).await?;
        let request = aws.ecs.update_service().cluster(cluster).service(name).desired_count(0);
        return match request.send().await {
            Ok(_) => Ok(pending(SOON, format!("the service {name} is being scaled to 0"))),
            Err(e)
                if e.as_service_error()
                    .is_some_and(|e| e.is_service_not_found_exception() || e.is_service_not_active_exception()) =>
            {
                Ok(pending(SOON, format!("the service {name} is draining")))
            }
            Err(e) => Err(of("ecs:UpdateService").fault(e).into()),
        };
    }
    if service.running_count() > 0 {
        return Ok(pending(LATER, format!("{} tasks of the service {name} are stopping", service.running_count())));
    }
    aws.limits.take(Family::EcsServices).await?;
    match aws.ecs.delete_service().cluster(cluster).service(name).force(true).send().await {
        Ok(_) => Ok(pending(SOON, format!("the service {name} is being deleted"))),
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_ecs::operation::delete_service::DeleteServiceError::is_service_not_found_exception,
            ) =>
        {
            Ok(Step::Ready(()))
        }
        Err(e) => Err(of("ecs:DeleteService").fault(e).into()),
    }
}
