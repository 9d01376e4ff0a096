//! Why tasks do not run, in words for who operates the installation.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{Deployment, DesiredStatus, Service, Task};
use tenantry_ports::runtime::RuntimeError;

use crate::fault::call;
use crate::limits::{Family, quotas};
use crate::runtime::aws::Aws;
use crate::runtime::spec::ServiceSpec;

/// So many stopped tasks are asked about.
const TASKS: i32 = 5;
/// So many words of it are kept.
const LONGEST: usize = 600;

/// Why a rollout was given up.
pub async fn of_failure(
    aws: &Aws,
    spec: &ServiceSpec,
    service: &Service,
    failed: &Deployment,
) -> Result<String, RuntimeError> {
    let mut reasons = of_tasks(aws, spec).await?;
    if reasons.is_empty() {
        reasons.extend(of_events(service));
    }
    if reasons.is_empty() {
        reasons.extend(failed.rollout_state_reason().map(str::to_owned));
    }
    Ok(said(&reasons).unwrap_or_else(|| "ECS gives no reason".to_owned()))
}

/// What has gone wrong in a rollout that still goes on, if anything has.
pub async fn of_trouble(aws: &Aws, spec: &ServiceSpec, service: &Service) -> Result<Option<String>, RuntimeError> {
    let failed = service.deployments().iter().any(|deployment| deployment.failed_tasks() > 0);
    let mut reasons = if failed { of_tasks(aws, spec).await? } else { Vec::new() };
    if reasons.is_empty() {
        reasons.extend(of_events(service));
    }
    Ok(said(&reasons))
}

/// What stopped tasks say of themselves, each thing once.
async fn of_tasks(aws: &Aws, spec: &ServiceSpec) -> Result<Vec<String>, RuntimeError> {
    let ServiceSpec { name, cluster, .. } = spec;
    let of = |call_name| call(call_name, format!("tasks of service {name} in cluster {cluster}"));
    aws.limits.take(Family::EcsTaskReads).await?;
    let request = aws.ecs.list_tasks().cluster(cluster).service_name(name).max_results(TASKS);
    let listed = request.desired_status(DesiredStatus::Stopped).send().await;
    let arns = listed.map_err(|e| of("ecs:ListTasks").fault(e))?.task_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    aws.limits.take(Family::EcsTaskReads).await?;
    let described = aws.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns)).send().await;
    let described = described.map_err(|e| of("ecs:DescribeTasks").fault(e))?;
    let mut seen = BTreeSet::new();
    let all = described.tasks().iter().flat_map(of_task);
    Ok(all.filter(|reason| seen.insert(reason.clone())).collect())
}

fn of_task(task: &Task) -> Vec<String> {
    let mut reasons = Vec::new();
    reasons.extend(task.stopped_reason().map(str::to_owned));
    for container in task.containers() {
        let name = container.name().unwrap_or("a container");
        match (container.reason(), container.exit_code()) {
            (Some(reason), _) if task.stopped_reason() != Some(reason) => reasons.push(format!("{name}: {reason}")),
            (None, Some(code)) if code != 0 => reasons.push(format!("{name} ended with exit code {code}")),
            _ => {}
        }
    }
    reasons
}

/// The latest event that tells of trouble since the last rollout began.
fn of_events(service: &Service) -> Option<String> {
    let primary = service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
    let since = primary.and_then(Deployment::created_at);
    let trouble = |message: &&str| {
        let message = message.to_ascii_lowercase();
        ["unable", "failed", "unhealthy", "reached the limit"].iter().any(|word| message.contains(word))
    };
    let recent = service.events().iter().filter(|event| since.is_none_or(|since| event.created_at() >= Some(since)));
    recent.filter_map(|event| event.message()).find(trouble).map(str::to_owned)
}

fn said(reasons: &[String]) -> Option<String> {
    let mut text = reasons.join("; ");
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
    }
    if let Some(quota) = quotas::in_words(&text) {
        text = format!("{text}. It hit {quota}");
    }
    (!text.is_empty()).then_some(text)
}
