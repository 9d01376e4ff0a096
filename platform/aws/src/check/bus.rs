//! The bus, and what leads from it to each consumer, held against how it is written down.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client as Events;
use aws_sdk_eventbridge::types::{RuleState, Target};
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use serde_json::Value;

use super::Stage;
use super::finding::Findings;
use crate::bus::topology::{Branch, Matched, pattern, topology};
use crate::fault::{Fault, call};

pub(super) async fn look(sdk: &SdkConfig, stage: &Stage, findings: &mut Findings<'_>) {
    let (events, sqs) = (Events::new(sdk), Sqs::new(sdk));
    let wanted = topology(&stage.queues, &stage.sources);
    let what = format!("event bus {}", wanted.bus);
    let found = events.describe_event_bus().name(&wanted.bus).send().await;
    match found.map_err(|e| call("events:DescribeEventBus", what.clone()).fault(e)) {
        Ok(_) => findings.fine(what),
        Err(fault) => return findings.fault(what, &fault, "make it, and its rules and queues with it"),
    }
    for branch in &wanted.branches {
        let dead = queue(&sqs, &branch.dead_letters, "make it, to hold what cannot be delivered", findings).await;
        let queue = queue(&sqs, &branch.queue, "make it, with a redrive policy to its dead letters", findings).await;
        let rule = rule(&events, &wanted.bus, branch, findings).await;
        let arn = |queue: &Option<Attributes>| queue.as_ref().and_then(|q| q.get(&Attribute::QueueArn).cloned());
        if let (Some(attributes), Some(rule)) = (&queue, &rule) {
            let mut differences = Vec::new();
            if !lets_in(attributes, rule) {
                differences.push(format!("its policy does not let events.amazonaws.com send for {rule}; add that"));
            }
            if !gives_up(attributes, branch, arn(&dead).as_deref()) {
                let (dead, tries) = (&branch.dead_letters, branch.max_receives);
                differences
                    .push(format!("it must give a message to {dead} after {tries} receives; set its redrive policy"));
            }
            findings.differs(format!("policies of queue {}", branch.queue), &differences);
        }
        if rule.is_some() {
            target(&events, &wanted.bus, branch, arn(&queue), arn(&dead), findings).await;
        }
    }
}

type Attributes = HashMap<Attribute, String>;

async fn queue(sqs: &Sqs, name: &str, mend: &str, findings: &mut Findings<'_>) -> Option<Attributes> {
    let what = format!("queue {name}");
    match attributes(sqs, name).await {
        Ok(attributes) => {
            findings.fine(what);
            Some(attributes)
        }
        Err(fault) => {
            findings.fault(what, &fault, mend);
            None
        }
    }
}

async fn attributes(sqs: &Sqs, name: &str) -> Result<Attributes, Fault> {
    let named = |what| call(what, format!("queue {name}"));
    let found = sqs.get_queue_url().queue_name(name).send().await.map_err(|e| named("sqs:GetQueueUrl").fault(e))?;
    let url = found.queue_url.unwrap_or_default();
    let asked = sqs.get_queue_attributes().queue_url(url).attribute_names(Attribute::All).send().await;
    Ok(asked.map_err(|e| named("sqs:GetQueueAttributes").fault(e))?.attributes.unwrap_or_default())
}

/// The rule's ARN, if it is there.
async fn rule(events: &Events, bus: &str, branch: &Branch, findings: &mut Findings<'_>) -> Option<String> {
    let what = format!("rule {}", branch.rule);
    let found = events.describe_rule().name(&branch.rule).event_bus_name(bus).send().await;
    let found = match found.map_err(|e| call("events:DescribeRule", what.clone()).fault(e)) {
        Ok(found) => found,
        Err(fault) => {
            let mend = format!("make it on {bus}, with the pattern {}", pattern(branch));
            findings.fault(what, &fault, &mend);
            return None;
        }
    };
    let mut differences = Vec::new();
    if found.state() != Some(&RuleState::Enabled) {
        differences.push("it is switched off; switch it on".to_owned());
    }
    if !found.event_pattern().is_some_and(|theirs| matches(theirs, branch)) {
        differences.push(format!("its pattern must be {}", pattern(branch)));
    }
    findings.differs(what, &differences);
    Some(found.arn.unwrap_or_default())
}

/// Whether the pattern lets all through that the consumer hears. Requests may be narrowed by source.
fn matches(theirs: &str, branch: &Branch) -> bool {
    let Ok(theirs) = serde_json::from_str::<Value>(theirs) else { return false };
    let wanted = match &branch.matched {
        Matched::These(wanted) => wanted,
        Matched::AllOf { .. } => return theirs == pattern(branch),
    };
    let types = theirs["detail-type"].as_array().map(Vec::as_slice).unwrap_or_default();
    let others = theirs.as_object().is_some_and(|o| o.keys().all(|key| key == "detail-type" || key == "source"));
    others && wanted.iter().all(|wanted| types.iter().any(|theirs| theirs == wanted))
}

async fn target(
    events: &Events,
    bus: &str,
    branch: &Branch,
    queue: Option<String>,
    dead: Option<String>,
    findings: &mut Findings<'_>,
) {
    let what = format!("targets of rule {}", branch.rule);
    let listed = events.list_targets_by_rule().rule(&branch.rule).event_bus_name(bus).send().await;
    let targets = match listed.map_err(|e| call("events:ListTargetsByRule", what.clone()).fault(e)) {
        Ok(listed) => listed.targets.unwrap_or_default(),
        Err(fault) => return findings.fault(what, &fault, "make the rule first"),
    };
    let Some(target) = targets.iter().find(|target| Some(target.arn()) == queue.as_deref()) else {
        return findings.wrong(what, format!("the queue {} is none of them; add it", branch.queue));
    };
    let mut differences = Vec::new();
    let dead_letters = target.dead_letter_config().and_then(|config| config.arn());
    if dead_letters.is_none() || dead_letters != dead.as_deref() {
        differences.push(format!("what cannot be delivered to {} must go to {}", branch.queue, branch.dead_letters));
    }
    if Target::input(target).or(target.input_path()).is_some() || target.input_transformer().is_some() {
        differences.push("the target must get events as they are, without an input of its own".to_owned());
    }
    findings.differs(what, &differences);
}

fn lets_in(attributes: &Attributes, rule: &str) -> bool {
    let policy = attributes.get(&Attribute::Policy).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let statements = policy.map(|policy| policy["Statement"].clone()).unwrap_or_default();
    let statements = if let Value::Array(all) = statements { all } else { vec![statements] };
    statements.iter().any(|statement| {
        let says = |member: &Value, wanted: &[&str]| match member {
            Value::Array(all) => all.iter().any(|one| wanted.iter().any(|w| one == w)),
            one => wanted.iter().any(|w| one == w),
        };
        let sources = [&statement["Condition"]["ArnEquals"], &statement["Condition"]["ArnLike"]];
        let mut sources = sources.iter().map(|condition| &condition["aws:SourceArn"]);
        statement["Effect"] == "Allow"
            && says(&statement["Principal"]["Service"], &["events.amazonaws.com"])
            && says(&statement["Action"], &["sqs:SendMessage", "sqs:*"])
            && (statement["Condition"].is_null() || sources.any(|source| says(source, &[rule])))
    })
}

fn gives_up(attributes: &Attributes, branch: &Branch, dead: Option<&str>) -> bool {
    let policy = attributes.get(&Attribute::RedrivePolicy).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(policy) = policy else { return false };
    // SQS gives the number back as it was given: as a number, or as a text.
    let tries = policy["maxReceiveCount"].to_string();
    policy["deadLetterTargetArn"].as_str() == dead && tries.trim_matches('"') == branch.max_receives.to_string()
}
