//! What an admin may start on a tenant that exists: offboarding it, or retrying what failed.

use super::Decided;
use crate::catalogue::Placement;
use crate::event::{offboarding_request, onboarding_request, operation_ended};
use crate::id::OperationId;
use crate::operation::{Budget, Operation, OperationKind, OperationState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    Offboard,
    Retry,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    Changed(Box<Decided>),
    /// It is under way or done already: the same answer, no event.
    Unchanged(Box<TenantRecord>),
}

/// Why not, in a sentence for the admin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Decides on a request; `new_id` is used if a new operation begins.
pub fn begin(
    record: TenantRecord,
    what: Begin,
    new_id: OperationId,
    budget: Budget,
    traceparent: Option<String>,
    now: Timestamp,
) -> Result<Begun, Refused> {
    let failed = record.operation.as_ref().filter(|_| record.status == Status::Failed).map(|op| op.kind);
    let new = Fresh { id: new_id, budget, traceparent, now };
    let decided = match (what, record.status, failed) {
        (Begin::Offboard, Status::Deleting | Status::Deleted, _) => return Ok(Begun::Unchanged(Box::new(record))),
        (Begin::Offboard | Begin::Retry, _, Some(OperationKind::Offboard)) => again(record, new, Status::Deleting),
        (Begin::Retry, _, Some(OperationKind::Onboard)) => again(record, new, Status::InProgress),
        (Begin::Offboard, _, _) => offboard(record, new),
        (Begin::Retry, status, None) => {
            return Err(Refused(format!(
                "only a failed onboarding or offboarding can be retried; this registration is '{status}'"
            )));
        }
    };
    Ok(Begun::Changed(Box::new(decided)))
}

struct Fresh {
    id: OperationId,
    budget: Budget,
    traceparent: Option<String>,
    now: Timestamp,
}

impl Fresh {
    fn operation(self, record: &TenantRecord, kind: OperationKind, id: Option<OperationId>, attempt: u32) -> Operation {
        Operation {
            id: id.unwrap_or(self.id),
            tenant_id: record.tenant_id.clone(),
            kind,
            attempt,
            requested_at: self.now,
            budget: self.budget,
            state: OperationState::Waiting { until: self.now.plus(self.budget.wait()) },
            steps: Vec::new(),
            traceparent: self.traceparent,
        }
    }
}

/// A new operation, in place of whatever was.
fn offboard(mut record: TenantRecord, new: Fresh) -> Decided {
    let now = new.now;
    let fresh = new.operation(&record, OperationKind::Offboard, None, 1);
    let mut replaced = record.operation.replace(fresh);
    record.status = Status::Deleting;
    record.active = false;
    record.generation += 1;
    let mut events = Vec::new();
    if let Some(old) = replaced.as_mut().filter(|op| !op.ended()) {
        old.state = OperationState::Superseded { at: now };
        events.push(operation_ended(&record, old));
    }
    events.push(offboarding_request(&record));
    let look = is_ours(&record);
    Decided { record, replaced, events, look }
}

/// The next attempt of the operation that failed.
fn again(mut record: TenantRecord, new: Fresh, status: Status) -> Decided {
    let Some(old) = record.operation.take() else { return Decided::quiet(record) };
    record.operation = Some(new.operation(&record, old.kind, Some(old.id), old.attempt + 1));
    record.status = status;
    record.generation += 1;
    let event = match old.kind {
        OperationKind::Onboard => onboarding_request(&record),
        OperationKind::Offboard => offboarding_request(&record),
    };
    let look = is_ours(&record);
    Decided { record, replaced: None, events: vec![event], look }
}

/// What another application plane places, nobody here looks at. Of the others it is worth a line in the write: a
/// provisioner that dies or stops may take the message along that rings for the tenant, and the bus brings it again
/// only after a while. Registrations come too many at once for it.
fn is_ours(record: &TenantRecord) -> bool {
    record.placement != Placement::External
}
