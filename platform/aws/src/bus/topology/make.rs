//! Making a topology by calls, where no stack does: on an emulator.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::operation::create_event_bus::CreateEventBusError;
use aws_sdk_eventbridge::types::{DeadLetterConfig, RetryPolicy, RuleState, Target};
use aws_sdk_sqs::types::QueueAttributeName as Attribute;

use super::wanted::{Arns, pattern, queue_policy, redrive_allow_policy, redrive_policy};
use super::{Branch, DELIVERY_HOURS, DELIVERY_TRIES, Topology};
use crate::fault::{Fault, call};

#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    #[error(transparent)]
    Call(#[from] Fault),
    #[error("the request is not complete")]
    Request(#[from] aws_sdk_eventbridge::error::BuildError),
    #[error("{0}")]
    Answer(String),
}

/// Makes what is missing. What is there must be as we would have made it.
pub async fn make(sdk: &SdkConfig, topology: &Topology) -> Result<(), MakeError> {
    let (events, sqs) = (aws_sdk_eventbridge::Client::new(sdk), aws_sdk_sqs::Client::new(sdk));
    match events.create_event_bus().name(&topology.bus).send().await {
        Ok(_) => {}
        Err(e) if e.as_service_error().is_some_and(CreateEventBusError::is_resource_already_exists_exception) => {}
        Err(e) => return Err(call("events:CreateEventBus", format!("event bus {}", topology.bus)).fault(e).into()),
    }
    for branch in &topology.branches {
        make_branch(&events, &sqs, &topology.bus, branch).await?;
    }
    Ok(())
}

async fn make_branch(
    events: &aws_sdk_eventbridge::Client,
    sqs: &aws_sdk_sqs::Client,
    bus: &str,
    branch: &Branch,
) -> Result<(), MakeError> {
    let rule = events
        .put_rule()
        .name(&branch.rule)
        .event_bus_name(bus)
        .event_pattern(pattern(branch).to_string())
        .state(RuleState::Enabled)
        .send()
        .await
        .map_err(|e| call("events:PutRule", format!("rule {}", branch.rule)).fault(e))?;
    let (dead_url, dead_letters) = queue(sqs, &branch.dead_letters, branch.dead_letters_kept_seconds).await?;
    let (url, queue) = queue(sqs, &branch.queue, branch.kept_seconds).await?;
    let rule = rule.rule_arn.ok_or_else(|| MakeError::Answer(format!("rule {} has no ARN", branch.rule)))?;
    let arns = Arns { rule, queue, dead_letters };

    let settings = [
        (Attribute::Policy, queue_policy(&arns.queue, &arns)),
        (Attribute::RedrivePolicy, redrive_policy(branch, &arns)),
    ];
    set(sqs, &url, &branch.queue, settings.into()).await?;
    let settings = [
        (Attribute::Policy, queue_policy(&arns.dead_letters, &arns)),
        (Attribute::RedriveAllowPolicy, redrive_allow_policy(&arns)),
    ];
    set(sqs, &dead_url, &branch.dead_letters, settings.into()).await?;

    let target = Target::builder()
        .id(&branch.target)
        .arn(&arns.queue)
        .dead_letter_config(DeadLetterConfig::builder().arn(&arns.dead_letters).build())
        .retry_policy(
            RetryPolicy::builder()
                .maximum_event_age_in_seconds(DELIVERY_HOURS * 60 * 60)
                .maximum_retry_attempts(DELIVERY_TRIES)
                .build(),
        )
        .build()?;
    let put = events.put_targets().rule(&branch.rule).event_bus_name(bus).targets(target).send().await;
    let put = put.map_err(|e| call("events:PutTargets", format!("rule {}", branch.rule)).fault(e))?;
    match put.failed_entries().first() {
        None => Ok(()),
        Some(failed) => {
            let why = failed.error_message().or(failed.error_code()).unwrap_or("no reason given");
            Err(MakeError::Answer(format!("rule {} takes no target: {why}", branch.rule)))
        }
    }
}

/// Its address and its ARN.
async fn queue(sqs: &aws_sdk_sqs::Client, name: &str, kept: u32) -> Result<(String, String), MakeError> {
    let called = |what| call(what, format!("queue {name}"));
    let created = sqs
        .create_queue()
        .queue_name(name)
        .attributes(Attribute::MessageRetentionPeriod, kept.to_string())
        .send()
        .await
        .map_err(|e| called("sqs:CreateQueue").fault(e))?;
    let missing = |what| MakeError::Answer(format!("queue {name} has no {what}"));
    let url = created.queue_url.ok_or_else(|| missing("address"))?;
    let asked = sqs.get_queue_attributes().queue_url(&url).attribute_names(Attribute::QueueArn).send().await;
    let attributes = asked.map_err(|e| called("sqs:GetQueueAttributes").fault(e))?.attributes.unwrap_or_default();
    let arn = attributes.get(&Attribute::QueueArn).cloned().ok_or_else(|| missing("ARN"))?;
    Ok((url, arn))
}

async fn set(
    sqs: &aws_sdk_sqs::Client,
    url: &str,
    name: &str,
    settings: HashMap<Attribute, serde_json::Value>,
) -> Result<(), MakeError> {
    let settings = settings.into_iter().map(|(attribute, value)| (attribute, value.to_string())).collect();
    let set = sqs.set_queue_attributes().queue_url(url).set_attributes(Some(settings)).send().await;
    set.map(drop).map_err(|e| call("sqs:SetQueueAttributes", format!("queue {name}")).fault(e).into())
}
