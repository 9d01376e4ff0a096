//! Where tenants' services run: what is configured, and what AWS knows of it.

use anyhow::{Context, bail};
use aws_config::SdkConfig;
use tenantry_aws::runtime::{Namespace, Place, Pool, Subnet};
use tenantry_aws::whereabouts;

use super::process::Process;
use crate::config::aws::{Placing, Resolve};

/// With the domains of the namespaces, in their order.
pub async fn namespaces(sdk: &SdkConfig, resolve: &Resolve) -> anyhow::Result<Vec<Namespace>> {
    let mut namespaces = Vec::new();
    for id in &resolve.namespaces {
        let name = whereabouts::namespace(sdk, id).await.context("namespaces")?;
        namespaces.push(Namespace { id: id.clone(), name });
    }
    Ok(namespaces)
}

pub async fn place(process: &Process, placing: Placing, namespaces: Vec<Namespace>) -> anyhow::Result<Place> {
    let subnets = whereabouts::subnets(&process.sdk, &placing.subnets).await.context("subnets")?;
    let vpc = subnets.first().map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    if let Some(other) = subnets.iter().find(|subnet| subnet.vpc != vpc) {
        bail!("subnets: {} is in {}, and {} in {vpc}; they must be in one VPC", other.id, other.vpc, subnets[0].id);
    }
    let pools = process.identity.pools();
    let here = process.here.clone();
    Ok(Place {
        stage: pools.stage.clone(),
        partition: here.partition,
        region: here.region,
        account: here.account,
        vpc,
        subnets: subnets.into_iter().map(|subnet| Subnet { id: subnet.id, zone: subnet.zone }).collect(),
        public_addresses: placing.public_addresses,
        gateway_group: placing.gateway_group,
        provisioner_group: placing.provisioner_group,
        cluster: placing.cluster,
        namespaces,
        execution_role: placing.execution_role,
        boundary: placing.boundary,
        iam_path: placing.iam_path,
        image: placing.image,
        architecture: placing.architecture,
        probe: placing.probe,
        users_table: process.database.tables().control_plane.clone(),
        shared_tables: placing.shared_tables,
        log_retention_days: placing.log_retention_days,
        point_in_time_recovery: placing.point_in_time_recovery,
        pool: pools.pooled.as_ref().map(|pool| Pool { id: pool.id.clone(), client: pool.client.clone() }),
        environment: placing.environment,
    })
}
