//! Whose a thing is, as AWS's own answers have it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{ClusterField, ServiceField, Tag, TaskDefinitionField};

use crate::inventory::discovery;
use crate::stage::{REGION, Stage};

type Tags = BTreeMap<String, String>;

/// Checks that all that is new and can have tags says whose it is; how many kinds of things that is.
pub async fn whose(
    stage: &Stage,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    tenant: &str,
    tier: &str,
) -> usize {
    let expected = [("TenantId", tenant), ("Tier", tier), ("Stage", &stage.name)];
    let mut kinds = BTreeSet::new();
    for line in after.difference(before) {
        let kind = KINDS.into_iter().find(|kind| line.starts_with(&format!("{kind} ")));
        let Some(kind) = kind else {
            assert!(line.starts_with("user "), "{line} is of no kind we know");
            continue;
        };
        let tags = of(stage, kind, &line[kind.len() + 1..]).await;
        for (key, value) in expected {
            assert_eq!(tags.get(key).map(String::as_str), Some(value), "{key} of {line}");
        }
        kinds.insert(kind);
    }
    kinds.len()
}

const KINDS: [&str; 9] =
    ["cluster", "service", "task definition", "log group", "role", "group", "discovery", "table", "pool"];

async fn of(stage: &Stage, kind: &str, name: &str) -> Tags {
    let sdk = &stage.sdk;
    match kind {
        "cluster" | "service" | "task definition" => ecs(stage, kind, name).await,
        "log group" => {
            let logs = aws_sdk_cloudwatchlogs::Client::new(sdk);
            let arn = format!("arn:aws:logs:{REGION}:{}:log-group:{name}", stage.account);
            let answer = logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
            answer.tags.unwrap_or_default().into_iter().collect()
        }
        "role" => {
            let name = name.rsplit('/').next().unwrap();
            let answer = aws_sdk_iam::Client::new(sdk).list_role_tags().role_name(name).send().await.unwrap();
            pairs(answer.tags.iter().map(|tag| (tag.key(), tag.value())))
        }
        "group" => {
            let by_name = aws_sdk_ec2::types::Filter::builder().name("group-name").values(name).build();
            let asked = aws_sdk_ec2::Client::new(sdk).describe_security_groups().filters(by_name);
            let group = asked.send().await.unwrap().security_groups.unwrap().remove(0);
            pairs(group.tags().iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())))
        }
        "discovery" => {
            let cloud_map = aws_sdk_servicediscovery::Client::new(sdk);
            let all = discovery(sdk).await;
            let arn = all.iter().find(|service| service.name() == Some(name)).unwrap().arn().unwrap();
            let answer = cloud_map.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
            pairs(answer.tags().iter().map(|tag| (tag.key(), tag.value())))
        }
        "table" => {
            let dynamo = aws_sdk_dynamodb::Client::new(sdk);
            let table = dynamo.describe_table().table_name(name).send().await.unwrap().table.unwrap();
            let answer = dynamo.list_tags_of_resource().resource_arn(table.table_arn.unwrap()).send().await.unwrap();
            pairs(answer.tags().iter().map(|tag| (tag.key(), tag.value())))
        }
        "pool" => {
            let cognito = aws_sdk_cognitoidentityprovider::Client::new(sdk);
            let all = cognito.list_user_pools().max_results(60).into_paginator().items().send();
            let all = all.collect::<Result<Vec<_>, _>>().await.unwrap();
            let id = all.iter().find(|pool| pool.name() == Some(name)).unwrap().id().unwrap();
            let answer = cognito.describe_user_pool().user_pool_id(id).send().await.unwrap();
            answer.user_pool.unwrap().user_pool_tags.unwrap_or_default().into_iter().collect()
        }
        other => panic!("who knows the tags of a {other}?"),
    }
}

async fn ecs(stage: &Stage, kind: &str, name: &str) -> Tags {
    let ecs = aws_sdk_ecs::Client::new(&stage.sdk);
    let read = |tags: &[Tag]| pairs(tags.iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())));
    match kind {
        "cluster" => {
            let answer = ecs.describe_clusters().clusters(name).include(ClusterField::Tags).send().await.unwrap();
            read(answer.clusters()[0].tags())
        }
        "service" => {
            let (cluster, name) = name.split_once('/').unwrap();
            let asked = ecs.describe_services().cluster(cluster).services(name).include(ServiceField::Tags);
            let answer = asked.send().await.unwrap();
            let service = &answer.services()[0];
            assert_eq!(service.status(), Some("ACTIVE"), "{name}");
            read(service.tags())
        }
        _ => {
            let asked = ecs.describe_task_definition().task_definition(name).include(TaskDefinitionField::Tags);
            read(asked.send().await.unwrap().tags())
        }
    }
}

fn pairs<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Tags {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
