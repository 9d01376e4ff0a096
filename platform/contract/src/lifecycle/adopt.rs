//! A tenant of another control plane becomes ours, in the state that one left it in.

use crate::attributes::Attributes;
use crate::catalogue::Placement;
use crate::id::{OperationId, RegistrationId, TenantId};
use crate::name::{Email, TenantName};
use crate::operation::{Budget, Failure, Operation, OperationKind, OperationState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

/// What was written down of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Foundling {
    pub tenant_id: TenantId,
    pub registration_id: RegistrationId,
    pub name: TenantName,
    pub email: Email,
    pub tier: String,
    pub status: Status,
    pub active: bool,
    pub tenant: Attributes,
    pub registration: Attributes,
}

/// The tenant as we keep it from now on. Its place is its application plane's: `external`. Nothing is announced, as
/// nothing happens to it.
pub fn adopt(found: Foundling, id: OperationId, budget: Budget, now: Timestamp) -> TenantRecord {
    let status = match found.status {
        // SBT leaves the status as it was when an offboarding begins.
        Status::InProgress | Status::Created if !found.active => Status::Deleting,
        status => status,
    };
    let waiting = OperationState::Waiting { until: now.plus(budget.wait()) };
    let failed = OperationState::Failed { at: now, failure: Failure::new("it had failed when it was adopted") };
    // What is under way ends by a report as before, and what failed can be tried again.
    let begun = match (status, found.active) {
        (Status::InProgress, _) => Some((OperationKind::Onboard, waiting)),
        (Status::Deleting, _) => Some((OperationKind::Offboard, waiting)),
        (Status::Failed, true) => Some((OperationKind::Onboard, failed)),
        (Status::Failed, false) => Some((OperationKind::Offboard, failed)),
        (Status::Created | Status::Deleted | Status::Deactivated, _) => None,
    };
    let operation = begun.map(|(kind, state)| Operation {
        id,
        tenant_id: found.tenant_id.clone(),
        kind,
        attempt: 1,
        requested_at: now,
        budget,
        state,
        steps: Vec::new(),
        traceparent: None,
    });
    TenantRecord {
        tenant_id: found.tenant_id,
        registration_id: found.registration_id,
        name: found.name,
        email: found.email,
        sign_in: None,
        tier: found.tier,
        placement: Placement::External,
        status,
        spelling: None,
        active: found.active && !matches!(status, Status::Deleting | Status::Deleted),
        tenant: found.tenant,
        registration: found.registration,
        operation,
        generation: 1,
        created_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Report, Verdict};
    use crate::lifecycle::{Begin, Begun, apply, begin};

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn adopted(status: Status, active: bool) -> TenantRecord {
        let found = Foundling {
            tenant_id: TenantId::parse("t1").unwrap(),
            registration_id: RegistrationId::parse("r1").unwrap(),
            name: TenantName::parse("acme").unwrap(),
            email: Email::parse("ada@acme.example.com").unwrap(),
            tier: "basic".into(),
            status,
            active,
            tenant: Attributes::default(),
            registration: Attributes::default(),
        };
        adopt(found, OperationId::parse("o1").unwrap(), Placement::External.default_budget(), NOW)
    }

    fn bare(verdict: Verdict) -> Report {
        Report {
            event_key: None,
            registration_id: RegistrationId::parse("r1").unwrap(),
            kind: None,
            attempt: None,
            verdict,
            tenant_data: Attributes::default(),
            registration_data: Attributes::default(),
        }
    }

    #[test]
    fn what_is_under_way_ends_by_the_report_it_waits_for() {
        for (status, active, end) in [
            (Status::InProgress, true, Status::Created),
            (Status::Created, false, Status::Deleted),
            (Status::InProgress, false, Status::Deleted),
            (Status::Deleting, false, Status::Deleted),
        ] {
            let record = adopted(status, active);
            assert!(record.open_operation().is_some_and(|op| op.due_at().is_some()), "{status} {active}");
            let applied = apply(record, bare(Verdict::Success), NOW).unwrap();
            assert_eq!(applied.decided.record.status, end, "{status} {active}");
        }
    }

    #[test]
    fn what_failed_can_be_tried_again() {
        for (active, again) in [(true, Status::InProgress), (false, Status::Deleting)] {
            let id = OperationId::parse("o2").unwrap();
            let record = adopted(Status::Failed, active);
            let begun = begin(record, Begin::Retry, id, Placement::External.default_budget(), None, NOW).unwrap();
            let Begun::Changed(decided) = begun else { panic!("nothing happens") };
            assert_eq!((decided.record.status, decided.events.len()), (again, 1));
        }
    }

    #[test]
    fn what_is_at_rest_stays_so() {
        for (status, active) in [(Status::Created, true), (Status::Deleted, false), (Status::Deactivated, false)] {
            let record = adopted(status, active);
            assert_eq!((record.status, record.active, record.operation), (status, active, None));
            assert_eq!(record.placement, Placement::External);
        }
    }
}
