//! What the provisioner does to a record: takes it up, gives it up; and what a record asks of it.

use super::Decided;
use crate::catalogue::Placement;
use crate::operation::{Failure, OperationState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

/// What there should be of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Present,
    /// Everything but running services.
    AtRest,
    Absent,
}

/// Desired state. Rollback, retry and offboarding are one mechanism because this is all they change.
pub fn presence(record: &TenantRecord) -> Presence {
    let given_up = matches!(record.operation.as_ref().map(|op| &op.state), Some(OperationState::CleaningUp { .. }));
    match record.status {
        Status::InProgress if given_up => Presence::Absent,
        Status::InProgress | Status::Created => Presence::Present,
        Status::Deactivated => Presence::AtRest,
        Status::Failed | Status::Deleting | Status::Deleted => Presence::Absent,
    }
}

/// The first claim of an attempt starts its clock. What another application plane works on is not taken up by a
/// look of ours: its deadline counts from the request.
#[must_use]
pub fn claimed(mut record: TenantRecord, now: Timestamp) -> TenantRecord {
    if record.placement != Placement::External
        && let Some(operation) = record.operation.as_mut()
        && let OperationState::Waiting { .. } = operation.state
    {
        operation.state = OperationState::Running { since: now, deadline: now.plus(operation.budget.work()) };
    }
    record
}

/// The operation has failed: from here on its things are removed.
pub fn turn(mut record: TenantRecord, failure: Failure, now: Timestamp) -> Decided {
    if let Some(operation) = record.operation.as_mut()
        && let OperationState::Waiting { .. } | OperationState::Running { .. } = operation.state
    {
        let until = now.plus(operation.budget.cleanup());
        operation.state = OperationState::CleaningUp { since: now, until, failure };
        record.generation += 1;
    }
    Decided { record, replaced: None, events: Vec::new(), look: true }
}
