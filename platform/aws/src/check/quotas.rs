//! How much room the account's quotas leave.

use aws_config::SdkConfig;
use aws_sdk_servicediscovery::types::{ServiceFilter, ServiceFilterName, ServiceSummary};

use super::Stage;
use super::finding::Findings;
use crate::fault::{Fault, call};
use crate::limits::quotas::{
    DISCOVERY_INSTANCES, ECS_CLUSTERS, ECS_SERVICES, FARGATE_VCPU, Quota, ROLES, SECURITY_GROUPS, TABLES, USER_POOLS,
};

/// From here on somebody should ask for more.
const FULL: f64 = 0.8;

pub(super) async fn look(sdk: &SdkConfig, stage: &Stage, findings: &mut Findings<'_>) {
    let Some(site) = &stage.site else { return };
    // What AWS gives an account that has asked for nothing; see each service's page of quotas.
    tell(sdk, ECS_CLUSTERS, 10_000.0, clusters(sdk).await, findings).await;
    tell(sdk, ECS_SERVICES, 5_000.0, services(sdk, &site.cluster).await, findings).await;
    tell(sdk, USER_POOLS, 1_000.0, pools(sdk).await, findings).await;
    tell(sdk, ROLES, 1_000.0, roles(sdk).await, findings).await;
    tell(sdk, SECURITY_GROUPS, 2_500.0, groups(sdk).await, findings).await;
    tell(sdk, TABLES, 2_500.0, tables(sdk).await, findings).await;
    for id in &stage.namespaces {
        tell(sdk, DISCOVERY_INSTANCES, 2_000.0, instances(sdk, id).await, findings).await;
    }
    // What of it is in use cannot be asked for in one call.
    let vcpus = allowed(sdk, FARGATE_VCPU).await.unwrap_or(6.0);
    let words =
        format!("the account has {vcpus} vCPUs on Fargate; a dedicated tenant's services take part of them each");
    findings.advice(format!("quota {:?}", FARGATE_VCPU.name), format!("{words}; more: {FARGATE_VCPU}"));
}

async fn tell(sdk: &SdkConfig, quota: Quota, usual: f64, used: Result<usize, Fault>, findings: &mut Findings<'_>) {
    let what = format!("quota {:?}", quota.name);
    let used = match used {
        Ok(used) => u32::try_from(used).map_or(f64::INFINITY, f64::from),
        Err(fault) => return findings.unknown(what, fault.to_string()),
    };
    let (most, said) = allowed(sdk, quota).await.map_or((usual, ", if the account has the usual"), |most| (most, ""));
    let words = format!("{used} of {most} are in use{said}");
    if used >= most * FULL {
        findings.advice(what, format!("{words}: {quota}"));
    } else {
        findings.fine(format!("{what}: {words}"));
    }
}

/// What Service Quotas says the account has.
async fn allowed(sdk: &SdkConfig, quota: Quota) -> Option<f64> {
    let client = aws_sdk_servicequotas::Client::new(sdk);
    let asked = client.get_service_quota().service_code(quota.service).quota_code(quota.code?).send().await;
    asked.ok()?.quota?.value
}

/// How many things a list has, page by page.
macro_rules! count {
    ($list:expr, $name:literal, $of:expr) => {{
        let (mut pages, mut count) = ($list.into_paginator().items().send(), 0);
        while let Some(next) = pages.next().await {
            next.map_err(|e| call($name, $of).fault(e))?;
            count += 1;
        }
        Ok(count)
    }};
}

async fn clusters(sdk: &SdkConfig) -> Result<usize, Fault> {
    count!(aws_sdk_ecs::Client::new(sdk).list_clusters(), "ecs:ListClusters", "clusters")
}

async fn services(sdk: &SdkConfig, cluster: &str) -> Result<usize, Fault> {
    let list = aws_sdk_ecs::Client::new(sdk).list_services().cluster(cluster);
    count!(list, "ecs:ListServices", format!("cluster {cluster}"))
}

async fn pools(sdk: &SdkConfig) -> Result<usize, Fault> {
    let list = aws_sdk_cognitoidentityprovider::Client::new(sdk).list_user_pools().max_results(60);
    count!(list, "cognito-idp:ListUserPools", "user pools")
}

async fn roles(sdk: &SdkConfig) -> Result<usize, Fault> {
    count!(aws_sdk_iam::Client::new(sdk).list_roles(), "iam:ListRoles", "roles")
}

async fn groups(sdk: &SdkConfig) -> Result<usize, Fault> {
    let list = aws_sdk_ec2::Client::new(sdk).describe_security_groups();
    count!(list, "ec2:DescribeSecurityGroups", "security groups")
}

async fn tables(sdk: &SdkConfig) -> Result<usize, Fault> {
    count!(aws_sdk_dynamodb::Client::new(sdk).list_tables(), "dynamodb:ListTables", "tables")
}

async fn instances(sdk: &SdkConfig, namespace: &str) -> Result<usize, Fault> {
    let named = || call("servicediscovery:ListServices", format!("namespace {namespace}"));
    let filter = ServiceFilter::builder().name(ServiceFilterName::NamespaceId).values(namespace).build();
    let filter = filter.map_err(|e| named().nonsense(e.to_string()))?;
    let client = aws_sdk_servicediscovery::Client::new(sdk);
    let (mut pages, mut count) = (client.list_services().filters(filter).into_paginator().send(), 0);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| named().fault(e))?;
        let of_page = page.services().iter().filter_map(ServiceSummary::instance_count);
        count += of_page.filter_map(|n| usize::try_from(n).ok()).sum::<usize>();
    }
    Ok(count)
}
