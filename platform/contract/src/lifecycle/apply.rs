//! A report ends an operation, if it speaks of the one that is under way.

use serde_json::Value;

use super::Decided;
use crate::attributes::Attributes;
use crate::catalogue::Placement;
use crate::event::{Report, Verdict, operation_ended};
use crate::operation::{Failure, Operation, OperationKind, OperationState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub decided: Decided,
    /// Server-owned members the report tried to change: left as they were, to be logged.
    pub dropped: Vec<String>,
}

/// Why a report changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    #[error("there is no such registration")]
    Unknown,
    #[error("it was taken before")]
    Repeated,
    #[error("it speaks of another attempt or operation than the current one")]
    Stale,
    #[error("the current operation is of another kind")]
    OtherKind,
    #[error("the operation is over")]
    Over,
    #[error("it names no operation, and the tenant's tier is not external")]
    Unsigned,
}

pub fn apply(mut record: TenantRecord, report: Report, now: Timestamp) -> Result<Applied, Ignored> {
    let operation = record.operation.clone().ok_or(Ignored::Over)?;
    accepts(&record, &operation, &report)?;
    let mut dropped = contradictions(&report, operation.kind);
    let spelling = report.registration_data.text("registrationStatus").map(str::to_owned);
    let ended = match end(&operation, report.verdict, now) {
        Ok(ended) => ended,
        // Only another application plane cleans up after itself unseen; ours has to be seen to.
        Err(failure) if record.placement == Placement::External => {
            Operation { state: OperationState::Failed { at: now, failure }, ..operation }
        }
        Err(failure) => {
            let decided = super::turn(record, failure, now);
            return Ok(Applied { decided, dropped });
        }
    };
    dropped.extend(overlay(&mut record, report.tenant_data, &Part::Tenant));
    dropped.extend(overlay(&mut record, report.registration_data, &Part::Registration));
    record.status = status_after(&ended);
    record.spelling = spelling.filter(|text| {
        record.placement == Placement::External
            && text != record.status.as_str()
            && Status::parse(text) == Some(record.status)
    });
    record.generation += 1;
    let events = vec![operation_ended(&record, &ended)];
    record.operation = Some(ended);
    Ok(Applied { decided: Decided { record, replaced: None, events, look: false }, dropped })
}

fn accepts(record: &TenantRecord, operation: &Operation, report: &Report) -> Result<(), Ignored> {
    match &report.attempt {
        Some((id, attempt)) if (id, *attempt) != (&operation.id, operation.attempt) => return Err(Ignored::Stale),
        None if record.placement != Placement::External => return Err(Ignored::Unsigned),
        _ => {}
    }
    if report.kind.is_some_and(|kind| kind != operation.kind) {
        return Err(Ignored::OtherKind);
    }
    let good = report.verdict == Verdict::Success;
    let open = match &operation.state {
        OperationState::Waiting { .. } | OperationState::Running { .. } => true,
        // A success that crosses our giving up comes too late for an onboarding, whose things are being
        // removed already, and is just the news we hoped for in an offboarding.
        OperationState::CleaningUp { .. } => !good || operation.kind == OperationKind::Offboard,
        // Another application plane may have been slow, not wrong; its own word stands.
        OperationState::Failed { failure, .. } => good && failure.timed_out && record.placement == Placement::External,
        OperationState::Succeeded { .. } | OperationState::Superseded { .. } => false,
    };
    if open { Ok(()) } else { Err(Ignored::Over) }
}

/// A report's status is its verdict, said again; one that says something else is not believed.
fn contradictions(report: &Report, kind: OperationKind) -> Vec<String> {
    let said = match (&report.verdict, kind) {
        (Verdict::Failure(_), _) => Status::Failed,
        (Verdict::Success, OperationKind::Onboard) => Status::Created,
        (Verdict::Success, OperationKind::Offboard) => Status::Deleted,
    };
    let parts = [&report.tenant_data, &report.registration_data];
    let sent = parts.into_iter().filter_map(|part| part.get("registrationStatus"));
    let other = sent.filter(|status| status.as_str().and_then(Status::parse) != Some(said));
    other.map(|_| "registrationStatus".to_owned()).collect()
}

/// The operation's end; a failure of work that was never cleaned up comes back.
fn end(operation: &Operation, verdict: Verdict, now: Timestamp) -> Result<Operation, Failure> {
    let state = match (verdict, &operation.state) {
        (Verdict::Success, _) => OperationState::Succeeded { at: now },
        (Verdict::Failure(reported), OperationState::CleaningUp { failure, .. }) => {
            // The first reason is the one that matters.
            let failure = Failure { remains: reported.remains, ..failure.clone() };
            OperationState::Failed { at: now, failure }
        }
        (Verdict::Failure(failure), _) => return Err(failure),
    };
    Ok(Operation { state, ..operation.clone() })
}

fn status_after(operation: &Operation) -> Status {
    match (&operation.state, operation.kind) {
        (OperationState::Succeeded { .. }, OperationKind::Onboard) => Status::Created,
        (OperationState::Succeeded { .. }, OperationKind::Offboard) => Status::Deleted,
        _ => Status::Failed,
    }
}

enum Part {
    Tenant,
    Registration,
}

/// Merges a report's members; names those it may not change and tried to.
fn overlay(record: &mut TenantRecord, sent: Attributes, part: &Part) -> Vec<String> {
    let (mut free, owned) = sent.split_owned();
    let view = record.owned_view();
    let own = match part {
        Part::Tenant => &mut record.tenant,
        Part::Registration => &mut record.registration,
    };
    let mut dropped: Vec<String> = owned
        .into_iter()
        // A status has been looked at before.
        .filter(|(name, value)| name != "registrationStatus" && view.get(name).is_some_and(|v| !alike(v, value)))
        .map(|(name, _)| name)
        .collect();
    if matches!(part, Part::Tenant)
        && let Some(email) = free.0.remove("email")
    {
        // Uniqueness was promised for the one we have.
        if email.as_str() != Some(record.email.as_str()) {
            dropped.push("email".into());
        }
    }
    let mut merged = own.clone();
    merged.merge(free);
    if merged.too_large() {
        dropped.push("everything: it is larger than a tenant may be".into());
    } else {
        *own = merged;
    }
    dropped
}

/// Tiers and statuses are compared case-insensitively; so are names, which have one case only.
pub(super) fn alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}
