//! Nothing stays under way for ever.

use super::{Decided, turn};
use crate::catalogue::Placement;
use crate::event::operation_ended;
use crate::operation::{Failure, Operation, OperationState, Step, StepState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub enum Expired {
    /// It is not due, or over.
    NotDue,
    /// It turned to clean-up.
    Turned(Box<Decided>),
    /// It has failed for good.
    Failed(Box<Decided>),
}

/// What becomes of an operation whose time has passed. `remains` names what is still there.
pub fn expire(mut record: TenantRecord, remains: Vec<String>, now: Timestamp) -> Expired {
    let Some(operation) = record.open_operation().filter(|op| op.due_at().is_some_and(|due| due <= now)) else {
        return Expired::NotDue;
    };
    let failure = match &operation.state {
        OperationState::CleaningUp { failure, .. } => failure.clone(),
        OperationState::Running { .. } => unfinished(operation),
        _ if record.placement == Placement::External => Failure::timed_out(format!(
            "the application plane did not report within {}",
            span(operation.budget.wait_ms)
        )),
        _ => Failure::timed_out(format!("nobody took it up within {}", span(operation.budget.wait_ms))),
    };
    let cleaned = matches!(operation.state, OperationState::CleaningUp { .. });
    if !cleaned && record.placement != Placement::External {
        return Expired::Turned(Box::new(turn(record, failure, now)));
    }
    let mut ended = operation.clone();
    ended.state = OperationState::Failed { at: now, failure: Failure { remains, ..failure } };
    record.status = Status::Failed;
    record.generation += 1;
    let events = vec![operation_ended(&record, &ended)];
    record.operation = Some(ended);
    Expired::Failed(Box::new(Decided { record, replaced: None, events, look: true }))
}

/// Names what it was that did not come to its end: of several, the one that was in trouble longest.
fn unfinished(operation: &Operation) -> Failure {
    let reason = format!("not finished within {}", span(operation.budget.work_ms));
    let open = operation.steps.iter().filter(|step| step.state != StepState::Done);
    let in_trouble = |step: &&Step| (step.state == StepState::Running, step.note.is_none(), step.started_at);
    match open.min_by_key(in_trouble) {
        None => Failure::timed_out(reason),
        Some(Step { name, note: None, .. }) => Failure::timed_out(reason).at(name),
        Some(Step { name, note: Some(note), .. }) => Failure::timed_out(format!("{reason}: {note}")).at(name),
    }
}

fn span(ms: u64) -> String {
    let (number, unit) = if ms >= 60_000 { (ms.div_ceil(60_000), "minute") } else { (ms.div_ceil(1_000), "second") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Placement;
    use crate::id::{OperationId, TenantId};
    use crate::operation::{OperationKind, StepAction};

    fn step(name: &str, state: StepState, started: i64, note: Option<&str>) -> Step {
        Step {
            name: name.into(),
            action: StepAction::Create,
            state,
            started_at: Timestamp::from_millis(started),
            ended_at: None,
            note: note.map(Into::into),
        }
    }

    fn failure(steps: Vec<Step>) -> Failure {
        unfinished(&Operation {
            id: OperationId::parse("o1").unwrap(),
            tenant_id: TenantId::parse("t1").unwrap(),
            kind: OperationKind::Onboard,
            attempt: 1,
            requested_at: Timestamp::from_millis(0),
            budget: Placement::Pooled.default_budget(),
            state: OperationState::Running { since: Timestamp::from_millis(0), deadline: Timestamp::from_millis(1) },
            steps,
            traceparent: None,
        })
    }

    #[test]
    fn what_was_in_trouble_is_named() {
        let done = step("pool/users", StepState::Done, 1, None);
        let fine = step("service/a", StepState::Running, 2, Some("it starts"));
        let sick = step("service/b", StepState::Retrying, 3, Some("it does not stay up"));
        let told = failure(vec![done.clone(), fine.clone(), sick]);
        assert_eq!(told.step.as_deref(), Some("service/b"));
        assert_eq!(told.reason, "not finished within 5 minutes: it does not stay up");
        assert_eq!(failure(vec![done.clone(), fine]).step.as_deref(), Some("service/a"));
        assert_eq!(failure(vec![done]).reason, "not finished within 5 minutes");
    }

    #[test]
    fn spans() {
        assert_eq!([1_000, 3_000, 60_000, 61_000].map(span), ["1 second", "3 seconds", "1 minute", "2 minutes"]);
    }
}
