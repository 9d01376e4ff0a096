//! Everything there is in an account, a line each, as AWS's own lists have it.

use std::collections::BTreeSet;

use aws_config::SdkConfig;

pub async fn everything(sdk: &SdkConfig) -> BTreeSet<String> {
    let mut all = Vec::new();
    ecs(sdk, &mut all).await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(sdk).describe_log_groups().send().await.unwrap();
    all.extend(logs.log_groups().iter().map(|group| format!("log group {}", group.log_group_name().unwrap())));
    let roles = aws_sdk_iam::Client::new(sdk).list_roles().send().await.unwrap();
    all.extend(roles.roles().iter().map(|role| format!("role {}{}", role.path(), role.role_name())));
    let groups = aws_sdk_ec2::Client::new(sdk).describe_security_groups().send().await.unwrap();
    all.extend(groups.security_groups().iter().map(|group| format!("group {}", group.group_name().unwrap())));
    let services = aws_sdk_servicediscovery::Client::new(sdk).list_services().send().await.unwrap();
    all.extend(services.services().iter().map(|service| format!("discovery {}", service.name().unwrap())));
    let tables = aws_sdk_dynamodb::Client::new(sdk).list_tables().send().await.unwrap();
    all.extend(tables.table_names().iter().map(|table| format!("table {table}")));
    let cognito = aws_sdk_cognitoidentityprovider::Client::new(sdk);
    let pools = cognito.list_user_pools().max_results(60).send().await.unwrap();
    for pool in pools.user_pools() {
        all.push(format!("pool {}", pool.name().unwrap()));
        let users = cognito.list_users().user_pool_id(pool.id().unwrap()).send().await.unwrap();
        let names = users.users().iter().map(|user| user.username().unwrap());
        all.extend(names.map(|user| format!("user {user} of {}", pool.name().unwrap())));
    }
    numbered(all)
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
    for cluster in ecs.list_clusters().send().await.unwrap().cluster_arns() {
        let name = last(cluster);
        all.push(format!("cluster {name}"));
        let services = ecs.list_services().cluster(cluster).max_results(100).send().await.unwrap();
        all.extend(services.service_arns().iter().map(|service| format!("service {name}/{}", last(service))));
    }
    let tasks = ecs.list_task_definitions().send().await.unwrap();
    all.extend(tasks.task_definition_arns().iter().map(|task| format!("task definition {}", last(task))));
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}
