//! Everything there is in an account, a line each, as AWS's own lists have it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_ecs::types::TaskDefinitionStatus;
use aws_sdk_servicediscovery::types::ServiceSummary;

use crate::stage::Stage;

/// Every page of a list.
macro_rules! all_of {
    ($list:expr) => {
        $list.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap()
    };
}

pub async fn everything(sdk: &SdkConfig) -> BTreeSet<String> {
    let mut all = Vec::new();
    ecs(sdk, &mut all).await;
    for group in all_of!(aws_sdk_cloudwatchlogs::Client::new(sdk).describe_log_groups()) {
        all.push(format!("log group {}", group.log_group_name().unwrap()));
    }
    for role in all_of!(aws_sdk_iam::Client::new(sdk).list_roles()) {
        all.push(format!("role {}{}", role.path(), role.role_name()));
    }
    for group in all_of!(aws_sdk_ec2::Client::new(sdk).describe_security_groups()) {
        all.push(format!("group {}", group.group_name().unwrap()));
    }
    all.extend(discovery(sdk).await.iter().map(|service| format!("discovery {}", service.name().unwrap())));
    for table in all_of!(aws_sdk_dynamodb::Client::new(sdk).list_tables()) {
        all.push(format!("table {table}"));
    }
    let cognito = aws_sdk_cognitoidentityprovider::Client::new(sdk);
    for pool in all_of!(cognito.list_user_pools().max_results(60)) {
        let name = pool.name().unwrap();
        all.push(format!("pool {name}"));
        for user in all_of!(cognito.list_users().user_pool_id(pool.id().unwrap())) {
            all.push(format!("user {} of {name}", user.username().unwrap()));
        }
    }
    numbered(all)
}

/// Cloud Map's services.
pub async fn discovery(sdk: &SdkConfig) -> Vec<ServiceSummary> {
    let pages = aws_sdk_servicediscovery::Client::new(sdk).list_services().into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    pages.into_iter().flat_map(|page| page.services.unwrap_or_default()).collect()
}

/// Things of one name are two things.
fn numbered(all: Vec<String>) -> BTreeSet<String> {
    let mut set = BTreeSet::new();
    for line in all {
        let others = (2..).map(|n| format!("{line} ({n})"));
        let free = std::iter::once(line.clone()).chain(others).find(|name| !set.contains(name));
        set.extend(free);
    }
    set
}

async fn ecs(sdk: &SdkConfig, all: &mut Vec<String>) {
    let ecs = aws_sdk_ecs::Client::new(sdk);
    for cluster in all_of!(ecs.list_clusters()) {
        let name = last(&cluster);
        all.push(format!("cluster {name}"));
        let services = all_of!(ecs.list_services().cluster(&cluster));
        all.extend(services.iter().map(|service| format!("service {name}/{}", last(service))));
    }
    // Also those that are deregistered and were not deleted.
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        let tasks = all_of!(ecs.list_task_definitions().status(status));
        all.extend(tasks.iter().map(|task| format!("task definition {}", last(task))));
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

/// What a premium tenant has, each once: more would be what somebody made twice.
pub const PREMIUM: [(&str, usize); 10] = [
    ("cluster", 1),
    ("discovery", 3),
    ("group", 1),
    ("log group", 1),
    ("pool", 1),
    ("role", 1),
    ("service", 3),
    ("table", 2),
    ("task definition", 3),
    ("user", 1),
];

/// Waits until the stage has all its pooled services: they are the last that the provisioner makes for it.
pub async fn until_served(stage: &Stage) {
    let ecs = aws_sdk_ecs::Client::new(&stage.sdk);
    let there = || async { all_of!(ecs.list_services().cluster(&stage.name)).len() };
    until("the stage to have its pooled services", Duration::from_secs(120), there, &3).await;
}

/// How many things of each kind are new.
pub async fn made(stage: &Stage, empty: &BTreeSet<String>) -> BTreeMap<String, usize> {
    let all = everything(&stage.sdk).await;
    let mut made = BTreeMap::new();
    for line in all.difference(empty) {
        let kind = PREMIUM.iter().map(|(kind, _)| *kind).filter(|kind| line.starts_with(&format!("{kind} "))).max();
        *made.entry(kind.unwrap_or(line).to_owned()).or_default() += 1;
    }
    made
}

/// As [`made`] has it.
pub fn counts(each: &[(&str, usize)]) -> BTreeMap<String, usize> {
    each.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

/// Waits until it is as expected, and tells the difference if it does not come to be.
pub async fn until<T: PartialEq + Debug, F: Future<Output = T>>(
    what: &str,
    within: Duration,
    look: impl Fn() -> F,
    expected: &T,
) {
    let end = Instant::now() + within;
    loop {
        let seen = look().await;
        if seen == *expected {
            return;
        }
        assert!(Instant::now() < end, "waited for {what}; there is\n{seen:?}\nand should be\n{expected:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
