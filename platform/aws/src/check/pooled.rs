//! What the provisioner makes from the catalogue for all tenants: shared tables and pooled services.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::TableStatus;
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::Want;

use super::finding::Findings;
use super::{Site, Stage};
use crate::fault::{Fault, call};
use crate::runtime::{names, tags};

const MEND: &str = "a running provisioner makes it; if one runs, its log says what is in the way";

pub(super) async fn look(sdk: &SdkConfig, stage: &Stage, findings: &mut Findings<'_>) {
    let Some(site) = &stage.site else { return };
    let mut wanted = BTreeSet::new();
    for want in &site.pooled {
        match want {
            Want::Table { service, table } => {
                let name = names::shared_table(&site.shared_tables, service, table);
                shared_table(sdk, &name, findings).await;
                wanted.insert(name);
            }
            Want::Service { service, .. } => pooled_service(sdk, &site.cluster, service, findings).await,
            // They are configured.
            Want::Pool | Want::Cluster | Want::TenantAdmin { .. } | Want::Rows { .. } => {}
        }
    }
    match kept(sdk, &stage.pools.stage, site, &wanted).await {
        Ok(kept) => {
            for name in kept {
                let why = "the catalogue has no such table any more; it holds data and is kept; delete it if nobody \
                           needs it";
                findings.advice(format!("shared table {name}"), why);
            }
        }
        Err(fault) => findings.unknown("shared tables that the catalogue has dropped", fault.to_string()),
    }
}

async fn shared_table(sdk: &SdkConfig, name: &str, findings: &mut Findings<'_>) {
    let what = format!("shared table {name}");
    let asked = aws_sdk_dynamodb::Client::new(sdk).describe_table().table_name(name).send().await;
    match asked.map_err(|e| call("dynamodb:DescribeTable", what.clone()).fault(e)) {
        Ok(found) => match found.table().and_then(|table| table.table_status()) {
            Some(TableStatus::Active | TableStatus::Updating) => findings.fine(what),
            _ => findings.wrong(what, "it is not active; wait until it is"),
        },
        Err(fault) => findings.fault(what, &fault, MEND),
    }
}

async fn pooled_service(sdk: &SdkConfig, cluster: &str, service: &ServiceName, findings: &mut Findings<'_>) {
    let what = format!("pooled service {service}");
    let name = names::service(service, &Owner::Stage);
    let asked = aws_sdk_ecs::Client::new(sdk).describe_services().cluster(cluster).services(name).send().await;
    match asked.map_err(|e| call("ecs:DescribeServices", what.clone()).fault(e)) {
        Ok(found) => match found.services().iter().find(|found| found.status() == Some("ACTIVE")) {
            None => findings.missing(what, MEND),
            Some(found) if found.running_count() < found.desired_count() => {
                let (running, desired) = (found.running_count(), found.desired_count());
                findings.wrong(what, format!("{running} of {desired} tasks run; its log group says why"));
            }
            Some(_) => findings.fine(what),
        },
        Err(fault) => findings.fault(what, &fault, MEND),
    }
}

/// Tables that a provisioner of this stage has made for tenants to share, and that are not wanted.
async fn kept(sdk: &SdkConfig, stage: &str, site: &Site, wanted: &BTreeSet<String>) -> Result<BTreeSet<String>, Fault> {
    let dynamo = aws_sdk_dynamodb::Client::new(sdk);
    let (mut pages, mut kept) = (dynamo.list_tables().into_paginator().items().send(), BTreeSet::new());
    while let Some(name) = pages.next().await {
        let name = name.map_err(|e| call("dynamodb:ListTables", "tables").fault(e))?;
        if !wanted.contains(&name) && is_shared(&site.shared_tables, &name) && is_ours(&dynamo, stage, &name).await? {
            kept.insert(name);
        }
    }
    Ok(kept)
}

fn is_shared(prefix: &str, name: &str) -> bool {
    let parts = name.strip_prefix(prefix).and_then(|stem| stem.split_once('.'));
    parts.is_some_and(|(service, table)| ServiceName::parse(service).is_ok() && TableName::parse(table).is_ok())
}

/// By its tags: another stage's name may begin like ours.
async fn is_ours(dynamo: &aws_sdk_dynamodb::Client, stage: &str, name: &str) -> Result<bool, Fault> {
    let of = |what| call(what, format!("table {name}"));
    let found = dynamo.describe_table().table_name(name).send().await;
    let found = found.map_err(|e| of("dynamodb:DescribeTable").fault(e))?;
    let Some(arn) = found.table.and_then(|table| table.table_arn) else { return Ok(false) };
    let answer = dynamo.list_tags_of_resource().resource_arn(arn).send().await;
    let answer = answer.map_err(|e| of("dynamodb:ListTagsOfResource").fault(e))?;
    let pairs = answer.tags().iter().map(|tag| (tag.key(), tag.value()));
    Ok(tags::read(stage, pairs).is_some_and(|(owner, _)| owner == Owner::Stage))
}
