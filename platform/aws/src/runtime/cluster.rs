//! A tenant's own cluster.

use aws_sdk_ecs::types::{Cluster, ClusterField, Tag};
use tenantry_contract::resource::{Outputs, Owner, ResourceId};
use tenantry_ports::runtime::{Condition, RuntimeError, Step, Tagged};

use super::aws::{Aws, LATER, SOON, Thing, pending};
use super::spec::{self, ClusterSpec, Kind};
use super::tags::{self, Tags};
use crate::fault::call;
use crate::limits::Family;

/// `DescribeClusters` takes so many.
const BATCH: usize = 100;

pub async fn ensure(aws: &Aws, thing: Thing<'_>) -> Result<Step<Outputs>, RuntimeError> {
    let ClusterSpec { name } = spec::read(thing.resource)?;
    match status(find(aws, &name).await?.as_ref()) {
        Status::Active => Ok(Step::Ready(Outputs::new())),
        Status::Busy(status) => Ok(pending(LATER, format!("the cluster {name} is {status}"))),
        Status::Gone => {
            aws.limits.take(Family::EcsClusters).await?;
            let tags = ecs_tags(&thing.tags(&aws.place));
            let made = aws.ecs.create_cluster().cluster_name(&name).set_tags(Some(tags)).send().await;
            made.map_err(|e| call("ecs:CreateCluster", format!("cluster {name}")).fault(e))?;
            Ok(pending(SOON, format!("the cluster {name} is being made")))
        }
    }
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let ClusterSpec { name } = spec::read(thing.resource)?;
    Ok(match status(find(aws, &name).await?.as_ref()) {
        Status::Active => Condition::Sound,
        Status::Busy(status) => Condition::Drifted(format!("the cluster {name} is {status}")),
        Status::Gone => Condition::Drifted(format!("the cluster {name} is not there")),
    })
}

pub async fn remove(aws: &Aws, name: &str) -> Result<Step<()>, RuntimeError> {
    let found = find(aws, name).await?;
    match status(found.as_ref()) {
        Status::Gone => return Ok(Step::Ready(())),
        Status::Busy(status) => return Ok(pending(LATER, format!("the cluster {name} is {status}"))),
        Status::Active => {}
    }
    // AWS refuses to delete it until then.
    let left = found
        .as_ref()
        .map_or((0, 0), |c| (c.active_services_count(), c.running_tasks_count() + c.pending_tasks_count()));
    if left != (0, 0) {
        let (services, tasks) = left;
        return Ok(pending(LATER, format!("the cluster {name} still has {services} services and {tasks} tasks")));
    }
    aws.limits.take(Family::EcsClusters).await?;
    match aws.ecs.delete_cluster().cluster(name).send().await {
        Ok(_) => Ok(pending(SOON, format!("the cluster {name} is being deleted"))),
        Err(e) if e.as_service_error().is_some_and(is_busy) => {
            Ok(pending(LATER, format!("the cluster {name} is still in use")))
        }
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_ecs::operation::delete_cluster::DeleteClusterError::is_cluster_not_found_exception,
            ) =>
        {
            Ok(Step::Ready(()))
        }
        Err(e) => Err(call("ecs:DeleteCluster", format!("cluster {name}")).fault(e).into()),
    }
}

fn is_busy(error: &aws_sdk_ecs::operation::delete_cluster::DeleteClusterError) -> bool {
    error.is_cluster_contains_services_exception()
        || error.is_cluster_contains_tasks_exception()
        || error.is_cluster_contains_container_instances_exception()
        || error.is_update_in_progress_exception()
}

/// Clusters of the account that carry our tags of this stage.
pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let named = |whose: (Owner, ResourceId), native: String| Tagged {
        owner: whose.0,
        resource: whose.1,
        kind: Kind::Cluster.as_str().to_owned(),
        native,
    };
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        aws.limits.take(Family::EcsClusterReads).await?;
        let page = aws.ecs.list_clusters().set_next_token(token.take()).send().await;
        let page = page.map_err(|e| call("ecs:ListClusters", "the region").fault(e))?;
        arns.extend(page.cluster_arns.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let prefix = format!("{}_", aws.place.stage);
    arns.retain(|arn| arn.rsplit('/').next().is_some_and(|name| name.starts_with(&prefix)));
    let mut found = Vec::new();
    for batch in arns.chunks(BATCH) {
        for cluster in describe(aws, batch).await? {
            let pairs = cluster.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
            let whose = tags::read(&aws.place.stage, pairs);
            let name = cluster.cluster_name().filter(|_| status(Some(&cluster)) != Status::Gone);
            found.extend(whose.zip(name).map(|(whose, name)| named(whose, name.to_owned())));
        }
    }
    Ok(found)
}

async fn find(aws: &Aws, name: &str) -> Result<Option<Cluster>, RuntimeError> {
    Ok(describe(aws, &[name.to_owned()]).await?.into_iter().next())
}

async fn describe(aws: &Aws, names: &[String]) -> Result<Vec<Cluster>, RuntimeError> {
    aws.limits.take(Family::EcsClusterReads).await?;
    let request = aws.ecs.describe_clusters().set_clusters(Some(names.to_vec())).include(ClusterField::Tags);
    let answer = request.send().await;
    let answer = answer.map_err(|e| call("ecs:DescribeClusters", format!("clusters {}", names.join(", "))).fault(e))?;
    Ok(answer.clusters.unwrap_or_default())
}

#[derive(PartialEq, Eq)]
enum Status {
    Active,
    /// In between, or broken in AWS's word for it.
    Busy(String),
    Gone,
}

fn status(cluster: Option<&Cluster>) -> Status {
    match cluster.and_then(Cluster::status) {
        None | Some("INACTIVE") => Status::Gone,
        Some("ACTIVE") => Status::Active,
        Some(other) => Status::Busy(other.to_owned()),
    }
}

pub fn ecs_tags(tags: &Tags) -> Vec<Tag> {
    tags.pairs().into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
