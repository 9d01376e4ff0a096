//! Services that carry a tenant's tags, for the sweep: in the shared cluster and in every tenant's.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::ServiceField;
use tenantry_ports::runtime::{RuntimeError, Tagged};

use crate::fault::call;
use crate::limits::{Batch as _, Family};
use crate::runtime::aws::Aws;
use crate::runtime::spec::Kind;
use crate::runtime::{cluster, tags};

use super::states::Services;

pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let own = cluster::list(aws).await?.into_iter().map(|thing| thing.native);
    let clusters: BTreeSet<String> = own.chain([aws.place.cluster.clone()]).collect();
    let mut found = Vec::new();
    for cluster in clusters {
        let arns = arns(aws, &cluster).await?;
        for batch in arns.chunks(Services::MOST) {
            found.extend(tagged(aws, &cluster, batch).await?);
        }
    }
    Ok(found)
}

async fn arns(aws: &Aws, cluster: &str) -> Result<Vec<String>, RuntimeError> {
    let (mut arns, mut token) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::EcsServiceReads).await?;
        let page = aws.ecs.list_services().cluster(cluster).max_results(100).set_next_token(token.take());
        match page.send().await {
            Ok(page) => {
                arns.extend(page.service_arns.unwrap_or_default());
                token = page.next_token;
            }
            Err(e)
                if e.as_service_error().is_some_and(
                    aws_sdk_ecs::operation::list_services::ListServicesError::is_cluster_not_found_exception,
                ) =>
            {
                return Ok(arns);
            }
            Err(e) => return Err(call("ecs:ListServices", format!("cluster {cluster}")).fault(e).into()),
        }
        if token.is_none() {
            return Ok(arns);
        }
    }
}

async fn tagged(aws: &Aws, cluster: &str, arns: &[String]) -> Result<Vec<Tagged>, RuntimeError> {
    aws.limits.take(Family::EcsServiceReads).await?;
    let request = aws.ecs.describe_services().cluster(cluster).set_services(Some(arns.to_vec()));
    let answer = request.include(ServiceField::Tags).send().await;
    let answer = answer.map_err(|e| call("ecs:DescribeServices", format!("cluster {cluster}")).fault(e))?;
    let there = answer.services().iter().filter(|service| service.status() != Some("INACTIVE"));
    Ok(there
        .filter_map(|service| {
            let pairs = service.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
            let (owner, resource) = tags::read(&aws.place.stage, pairs)?;
            let native = format!("{cluster}/{}", service.service_name()?);
            Some(Tagged { owner, resource, kind: Kind::Service.as_str().to_owned(), native })
        })
        .collect())
}
