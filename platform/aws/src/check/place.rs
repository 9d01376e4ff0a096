//! Where tenants' services run and are found.

use std::collections::BTreeSet;

use aws_config::SdkConfig;

use super::finding::Findings;
use super::{Site, Stage};
use crate::fault::call;
use crate::whereabouts;

pub(super) async fn look(sdk: &SdkConfig, stage: &Stage, findings: &mut Findings<'_>) {
    for id in &stage.namespaces {
        let what = format!("Cloud Map namespace {id}");
        match whereabouts::namespace(sdk, id).await {
            Ok(name) => findings.fine(format!("{what} ({name})")),
            Err(fault) => findings.fault(what, &fault, "set namespaces to the ids of the stage's"),
        }
    }
    let Some(site) = &stage.site else { return };
    cluster(sdk, site, findings).await;
    subnets(sdk, site, findings).await;
    groups(sdk, site, findings).await;
    execution_role(sdk, site, findings).await;
    boundary(sdk, site, findings).await;
}

async fn cluster(sdk: &SdkConfig, site: &Site, findings: &mut Findings<'_>) {
    let what = format!("cluster {}", site.cluster);
    let asked = aws_sdk_ecs::Client::new(sdk).describe_clusters().clusters(&site.cluster).send().await;
    match asked.map_err(|e| call("ecs:DescribeClusters", what.clone()).fault(e)) {
        Ok(found) if found.clusters().iter().any(|cluster| cluster.status() == Some("ACTIVE")) => findings.fine(what),
        Ok(_) => findings.missing(what, "make it, with the capacity provider FARGATE"),
        Err(fault) => findings.fault(what, &fault, "make it, with the capacity provider FARGATE"),
    }
}

async fn subnets(sdk: &SdkConfig, site: &Site, findings: &mut Findings<'_>) {
    let what = format!("subnets {}", site.subnets.join(", "));
    let found = match whereabouts::subnets(sdk, &site.subnets).await {
        Ok(found) => found,
        Err(fault) => return findings.fault(what, &fault, "set subnets to ids of the stage's"),
    };
    let zones: BTreeSet<_> = found.iter().map(|subnet| &subnet.zone).collect();
    let networks: BTreeSet<_> = found.iter().map(|subnet| &subnet.vpc).collect();
    let mut differences = Vec::new();
    if zones.len() < 2 {
        differences.push("they are in one zone, and services run in at least two; add one of another zone".to_owned());
    }
    if networks.len() > 1 {
        differences.push("they are in several VPCs, and must be in one".to_owned());
    }
    findings.differs(what, &differences);
}

async fn groups(sdk: &SdkConfig, site: &Site, findings: &mut Findings<'_>) {
    let ec2 = aws_sdk_ec2::Client::new(sdk);
    for (setting, id) in [("gateway-group", &site.gateway_group), ("provisioner-group", &site.provisioner_group)] {
        let what = format!("security group {id}");
        let mend = format!("set {setting} to the id of the stage's");
        let asked = ec2.describe_security_groups().group_ids(id).send().await;
        match asked.map_err(|e| call("ec2:DescribeSecurityGroups", what.clone()).fault(e)) {
            Ok(found) if !found.security_groups().is_empty() => findings.fine(what),
            Ok(_) => findings.missing(what, mend),
            Err(fault) => findings.fault(what, &fault, &mend),
        }
    }
}

async fn execution_role(sdk: &SdkConfig, site: &Site, findings: &mut Findings<'_>) {
    let what = format!("execution role {}", site.execution_role);
    let Some(name) = site.execution_role.rsplit('/').next().filter(|_| site.execution_role.contains(":role/")) else {
        return findings.wrong(what, "it is no role's ARN; set execution-role to one");
    };
    let asked = aws_sdk_iam::Client::new(sdk).get_role().role_name(name).send().await;
    match asked.map_err(|e| call("iam:GetRole", what.clone()).fault(e)) {
        Ok(found) => {
            let trust = found.role().and_then(|role| role.assume_role_policy_document()).unwrap_or_default();
            if trust.contains("ecs-tasks.amazonaws.com") {
                findings.fine(what);
            } else {
                findings.wrong(what, "ecs-tasks.amazonaws.com may not assume it; let it in the role's trust policy");
            }
        }
        Err(fault) => findings.fault(what, &fault, "make it, with AmazonECSTaskExecutionRolePolicy"),
    }
}

async fn boundary(sdk: &SdkConfig, site: &Site, findings: &mut Findings<'_>) {
    let Some(arn) = &site.boundary else {
        return findings
            .advice("boundary", "no policy bounds tenants' roles; set boundary to the ARN of one that does");
    };
    let what = format!("boundary {arn}");
    let asked = aws_sdk_iam::Client::new(sdk).get_policy().policy_arn(arn).send().await;
    match asked.map_err(|e| call("iam:GetPolicy", what.clone()).fault(e)) {
        Ok(_) => findings.fine(what),
        Err(fault) => findings.fault(what, &fault, "make the policy, or set boundary to the ARN of the stage's"),
    }
}
