//! The log group of a tenant's services.

use aws_sdk_cloudwatchlogs::types::LogGroup;
use tenantry_contract::resource::{Outputs, Owner};
use tenantry_ports::runtime::{Condition, RuntimeError, Step, Tagged};

use super::aws::{Aws, SOON, Thing, pending};
use super::names;
use super::spec::{self, Kind, LogsSpec};
use super::tags;
use crate::fault::call;
use crate::limits::Family;

pub async fn ensure(aws: &Aws, thing: Thing<'_>) -> Result<Step<Outputs>, RuntimeError> {
    let LogsSpec { name, days } = spec::read(thing.resource)?;
    let found = find(aws, &name).await?;
    let of = || format!("log group {name}");
    if found.is_none() {
        aws.limits.take(Family::LogChanges).await?;
        let tags = thing.tags(&aws.place);
        let tags = tags.pairs().into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let made = aws.logs.create_log_group().log_group_name(&name).set_tags(Some(tags)).send().await;
        match made {
            Err(e) if e.as_service_error().is_some_and(aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupError::is_operation_aborted_exception) => {
                return Ok(pending(SOON, format!("the log group {name} is being changed by another call")));
            }
            Err(e) if e.as_service_error().is_some_and(aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupError::is_resource_already_exists_exception) => {}
            made => drop(made.map_err(|e| call("logs:CreateLogGroup", of()).fault(e))?),
        }
    }
    if found.and_then(|group| group.retention_in_days) != Some(days) {
        aws.limits.take(Family::LogChanges).await?;
        let put = aws.logs.put_retention_policy().log_group_name(&name).retention_in_days(days).send().await;
        match put {
            Err(e)
                if e.as_service_error()
                    .is_some_and(|e| e.is_operation_aborted_exception() || e.is_resource_not_found_exception()) =>
            {
                return Ok(pending(SOON, format!("the log group {name} is being made")));
            }
            put => drop(put.map_err(|e| call("logs:PutRetentionPolicy", of()).fault(e))?),
        }
    }
    Ok(Step::Ready(Outputs::new()))
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let LogsSpec { name, days } = spec::read(thing.resource)?;
    Ok(match find(aws, &name).await? {
        None => Condition::Drifted(format!("the log group {name} is not there")),
        Some(group) if group.retention_in_days != Some(days) => {
            Condition::Drifted(format!("the log group {name} does not keep {days} days"))
        }
        Some(_) => Condition::Sound,
    })
}

pub async fn remove(aws: &Aws, name: &str) -> Result<Step<()>, RuntimeError> {
    aws.limits.take(Family::LogChanges).await?;
    match aws.logs.delete_log_group().log_group_name(name).send().await {
        Ok(_) => Ok(Step::Ready(())),
        Err(e) if e.as_service_error().is_some_and(aws_sdk_cloudwatchlogs::operation::delete_log_group::DeleteLogGroupError::is_resource_not_found_exception) => Ok(Step::Ready(())),
        Err(e) if e.as_service_error().is_some_and(aws_sdk_cloudwatchlogs::operation::delete_log_group::DeleteLogGroupError::is_operation_aborted_exception) => {
            Ok(pending(SOON, format!("the log group {name} is being changed by another call")))
        }
        Err(e) => Err(call("logs:DeleteLogGroup", format!("log group {name}")).fault(e).into()),
    }
}

/// One found by its name: only with the tenant's tags too.
pub async fn discard(aws: &Aws, owner: &Owner, name: &str) -> Result<Step<()>, RuntimeError> {
    let Some(group) = find(aws, name).await? else { return Ok(Step::Ready(())) };
    let arn = group.arn().unwrap_or_default();
    // The ARN of a group is that of its streams without the star.
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    aws.limits.take(Family::LogReads).await?;
    let tags = aws.logs.list_tags_for_resource().resource_arn(arn).send().await;
    let tags = tags.map_err(|e| call("logs:ListTagsForResource", format!("log group {name}")).fault(e))?;
    let pairs = tags.tags().into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()));
    if tags::read(&aws.place.stage, pairs).is_none_or(|(whose, _)| whose != *owner) {
        return Err(RuntimeError::permanent(format!(
            "the log group {name} is named as one of ours and does not carry our tags, so it is left alone"
        )));
    }
    remove(aws, name).await
}

/// By name: what begins as ours do may be ours.
pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let prefix = names::log_groups(&aws.place.stage);
    let tagged = |group: LogGroup| {
        let native = group.log_group_name?;
        let owner = names::log_group_of(&aws.place.stage, &native)?;
        let kind = Kind::Logs.as_str().to_owned();
        Some(Tagged { owner, resource: spec::id::logs(), kind, native })
    };
    Ok(groups(aws, &prefix).await?.into_iter().filter_map(tagged).collect())
}

async fn find(aws: &Aws, name: &str) -> Result<Option<LogGroup>, RuntimeError> {
    Ok(groups(aws, name).await?.into_iter().find(|group| group.log_group_name() == Some(name)))
}

async fn groups(aws: &Aws, prefix: &str) -> Result<Vec<LogGroup>, RuntimeError> {
    let (mut groups, mut token) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::LogReads).await?;
        let request = aws.logs.describe_log_groups().log_group_name_prefix(prefix).set_next_token(token.take());
        let page = request.send().await;
        let page = page.map_err(|e| call("logs:DescribeLogGroups", format!("log groups {prefix}…")).fault(e))?;
        groups.extend(page.log_groups.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(groups);
        }
    }
}
