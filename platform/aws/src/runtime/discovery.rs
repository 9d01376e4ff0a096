//! The Cloud Map service that names the addresses of an ECS service, in one of the shared namespaces.

mod directory;

use aws_sdk_servicediscovery::operation::create_service::CreateServiceError;
use aws_sdk_servicediscovery::types::{DnsConfig, DnsRecord, HealthCheckCustomConfig, RecordType, RoutingPolicy, Tag};
use tenantry_contract::resource::{Outputs, Owner};
use tenantry_ports::runtime::{Condition, RuntimeError, Step, Tagged};

pub use self::directory::Directory;
use super::aws::{Aws, SOON, Thing, pending};
use super::place::Namespace;
use super::spec::{self, DiscoverySpec, Kind, output};
use super::tags;
use crate::fault::{Call, call};
use crate::limits::{Family, quotas};
use crate::routes::preferred;

/// For so many seconds an address may be told on.
const TTL: i64 = 10;
/// Cloud Map has room for 2,000 instances in a namespace; rollouts need some for a while.
const ROOM: i64 = 1_900;

/// As Cloud Map knows it.
pub struct Found {
    id: String,
    arn: String,
}

pub async fn ensure(aws: &Aws, thing: Thing<'_>) -> Result<Step<Outputs>, RuntimeError> {
    let spec: DiscoverySpec = spec::read(thing.resource)?;
    if let Some(id) = thing.output(output::DISCOVERY)
        && let Some(found) = get(aws, id).await?
    {
        return Ok(ready(found));
    }
    for namespace in candidates(aws, thing, &spec) {
        if let Some(id) = aws.directory.find(aws, namespace, &spec.label).await?
            && let Some(found) = get(aws, &id).await?
        {
            return Ok(ready(found));
        }
    }
    create(aws, thing, &spec).await
}

fn ready(found: Found) -> Step<Outputs> {
    let Found { id, arn } = found;
    Step::Ready([(output::DISCOVERY, id), (output::DISCOVERY_ARN, arn)].map(|(name, v)| (name.to_owned(), v)).into())
}

async fn create(aws: &Aws, thing: Thing<'_>, spec: &DiscoverySpec) -> Result<Step<Outputs>, RuntimeError> {
    let namespace = with_room(aws, thing, spec).await?;
    let of = of("servicediscovery:CreateService", &spec.label);
    let record = DnsRecord::builder().r#type(RecordType::A).ttl(TTL).build();
    let dns = record
        .and_then(|record| DnsConfig::builder().dns_records(record).routing_policy(RoutingPolicy::Multivalue).build());
    let dns = dns.map_err(|e| of.clone().nonsense(e.to_string()))?;
    let tags = thing.tags(&aws.place);
    let mut request = aws
        .cloud_map
        .create_service()
        .name(&spec.label)
        .namespace_id(&namespace.id)
        .description(tags.line())
        .dns_config(dns)
        // ECS says how the tasks are.
        .health_check_custom_config(HealthCheckCustomConfig::builder().build());
    for (key, value) in tags.pairs() {
        let tag = Tag::builder().key(key).value(value).build();
        request = request.tags(tag.map_err(|e| of.clone().nonsense(e.to_string()))?);
    }
    aws.limits.take(Family::CloudMapChanges).await?;
    match request.send().await {
        Ok(answer) => {
            let id = answer.service.as_ref().and_then(|service| service.id.clone());
            let arn = answer.service.and_then(|service| service.arn);
            let (Some(id), Some(arn)) = (id, arn) else {
                return Err(of.nonsense("a discovery service has no id or no ARN").into());
            };
            aws.directory.add(namespace, &spec.label, &id);
            Ok(ready(Found { id, arn }))
        }
        Err(e) => match e.as_service_error() {
            Some(CreateServiceError::ServiceAlreadyExists(there)) => {
                match there.service_id() {
                    Some(id) => aws.directory.add(namespace, &spec.label, id),
                    None => aws.directory.forget(namespace),
                }
                Ok(pending(SOON, format!("the discovery service {} is there already", spec.label)))
            }
            _ => Err(of.fault(e).into()),
        },
    }
}

/// Namespaces in the order of this label. The stage's own services are in the first.
fn candidates<'a>(
    aws: &'a Aws,
    thing: Thing<'_>,
    spec: &DiscoverySpec,
) -> impl Iterator<Item = &'a Namespace> + use<'a> {
    let all = aws.place.namespaces.as_slice();
    let (all, label) =
        if thing.owner == &Owner::Stage { (&all[..all.len().min(1)], "") } else { (all, spec.label.as_str()) };
    preferred(all, label).into_iter()
}

/// The first namespace in the order of this label that has room.
async fn with_room<'a>(aws: &'a Aws, thing: Thing<'_>, spec: &DiscoverySpec) -> Result<&'a Namespace, RuntimeError> {
    for namespace in candidates(aws, thing, spec) {
        aws.limits.take(Family::CloudMapReads).await?;
        let answer = aws.cloud_map.get_namespace().id(&namespace.id).send().await;
        let named = || call("servicediscovery:GetNamespace", format!("namespace {}", namespace.name));
        let answer = answer.map_err(|e| named().fault(e))?;
        let services = answer.namespace.and_then(|found| found.service_count).unwrap_or(0);
        if (i64::from(services) + 1) * i64::from(spec.replicas.max(1)) <= ROOM {
            return Ok(namespace);
        }
    }
    Err(RuntimeError::permanent(format!(
        "the namespaces {} are full: {}; or add a namespace to the installation",
        candidates(aws, thing, spec).map(|namespace| namespace.name.as_str()).collect::<Vec<_>>().join(", "),
        quotas::DISCOVERY_INSTANCES,
    )))
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let found = match thing.output(output::DISCOVERY) {
        Some(id) => get(aws, id).await?,
        None => None,
    };
    Ok(match found {
        Some(_) => Condition::Sound,
        None => Condition::Drifted(format!("the discovery service of {} is not there", thing.resource.id)),
    })
}

pub async fn remove(aws: &Aws, thing: Thing<'_>) -> Result<Step<()>, RuntimeError> {
    if let Some(id) = thing.output(output::DISCOVERY) {
        return discard(aws, id).await;
    }
    let spec: DiscoverySpec = spec::read(thing.resource)?;
    for namespace in candidates(aws, thing, &spec) {
        // What another process made a moment ago counts, too.
        aws.directory.forget(namespace);
        if let Some(id) = aws.directory.find(aws, namespace, &spec.label).await? {
            return discard(aws, &id).await;
        }
    }
    Ok(Step::Ready(()))
}

pub async fn discard(aws: &Aws, id: &str) -> Result<Step<()>, RuntimeError> {
    aws.limits.take(Family::CloudMapChanges).await?;
    match aws.cloud_map.delete_service().id(id).send().await {
        Ok(_) => {}
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_servicediscovery::operation::delete_service::DeleteServiceError::is_service_not_found,
            ) => {}
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_servicediscovery::operation::delete_service::DeleteServiceError::is_resource_in_use,
            ) =>
        {
            return deregister(aws, id).await;
        }
        Err(e) => return Err(of("servicediscovery:DeleteService", id).fault(e).into()),
    }
    aws.directory.gone(id);
    Ok(Step::Ready(()))
}

/// ECS takes its instances away itself; what it has left, nobody else does.
async fn deregister(aws: &Aws, id: &str) -> Result<Step<()>, RuntimeError> {
    aws.limits.take(Family::CloudMapReads).await?;
    let left = aws.cloud_map.list_instances().service_id(id).send().await;
    let left = left.map_err(|e| of("servicediscovery:ListInstances", id).fault(e))?;
    for instance in left.instances.unwrap_or_default().into_iter().filter_map(|instance| instance.id) {
        aws.limits.take(Family::CloudMapChanges).await?;
        match aws.cloud_map.deregister_instance().service_id(id).instance_id(&instance).send().await {
            Err(e) if e.as_service_error().is_some_and(|e| e.is_instance_not_found() || e.is_duplicate_request()) => {}
            gone => drop(gone.map_err(|e| of("servicediscovery:DeregisterInstance", id).fault(e))?),
        }
    }
    Ok(pending(SOON, format!("instances of the discovery service {id} are being deregistered")))
}

/// By the line in their descriptions, in our namespaces.
pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let mut found = Vec::new();
    for namespace in &aws.place.namespaces {
        for service in directory::list(aws, namespace).await? {
            let whose = service.description().and_then(|line| tags::read_line(&aws.place.stage, line));
            let (Some((owner, resource)), Some(native)) = (whose, service.id) else { continue };
            found.push(Tagged { owner, resource, kind: Kind::Discovery.as_str().to_owned(), native });
        }
    }
    Ok(found)
}

async fn get(aws: &Aws, id: &str) -> Result<Option<Found>, RuntimeError> {
    aws.limits.take(Family::CloudMapReads).await?;
    match aws.cloud_map.get_service().id(id).send().await {
        Ok(answer) => Ok(answer.service.and_then(|service| Some(Found { id: service.id?, arn: service.arn? }))),
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_servicediscovery::operation::get_service::GetServiceError::is_service_not_found,
            ) =>
        {
            aws.directory.gone(id);
            Ok(None)
        }
        Err(e) => Err(of("servicediscovery:GetService", id).fault(e).into()),
    }
}

fn of(name: &'static str, what: &str) -> Call {
    call(name, format!("discovery service {what}"))
}
