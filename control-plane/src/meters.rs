//! What the control plane counts. No label says which tenant.

use metrics::{counter, describe_counter};
use tenantry_contract::lifecycle::Ignored;
use tenantry_contract::operation::{Operation, OperationKind, OperationState};

const REGISTRATIONS: &str = "tenantry_registrations_total";
const ENDED: &str = "tenantry_operations_ended_total";
const REPORTS: &str = "tenantry_reports_total";
const DROPPED: &str = "tenantry_reports_dropped_total";

/// Why a message ended nothing, and left nothing behind but a line in the log, a count and perhaps a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    ForeignSource,
    UnknownDetailType,
    Malformed,
    Ignored(Ignored),
}

impl Dropped {
    const ALL: [Self; 9] = [
        Self::ForeignSource,
        Self::UnknownDetailType,
        Self::Malformed,
        Self::Ignored(Ignored::Unknown),
        Self::Ignored(Ignored::Repeated),
        Self::Ignored(Ignored::Stale),
        Self::Ignored(Ignored::OtherKind),
        Self::Ignored(Ignored::Over),
        Self::Ignored(Ignored::Unsigned),
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForeignSource => "foreign_source",
            Self::UnknownDetailType => "unknown_detail_type",
            Self::Malformed => "malformed",
            Self::Ignored(Ignored::Unknown) => "unknown_registration",
            Self::Ignored(Ignored::Repeated) => "repeated",
            Self::Ignored(Ignored::Stale) => "stale",
            Self::Ignored(Ignored::OtherKind) => "other_kind",
            Self::Ignored(Ignored::Over) => "over",
            Self::Ignored(Ignored::Unsigned) => "unsigned",
        }
    }
}

/// What became of a report.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Report {
    Applied,
    Ignored,
    Rejected,
    Postponed,
}

impl Report {
    const ALL: [Self; 4] = [Self::Applied, Self::Ignored, Self::Rejected, Self::Postponed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Rejected => "rejected",
            Self::Postponed => "postponed",
        }
    }
}

/// All of them are there from the start, at zero, so that a rate has something to begin from.
pub(crate) fn begin() {
    describe_counter!(REGISTRATIONS, "Tenants registered");
    describe_counter!(ENDED, "Operations that have ended, by kind and outcome");
    describe_counter!(REPORTS, "Reports of application planes, by what became of them");
    counter!(REGISTRATIONS).increment(0);
    for kind in ["onboard", "offboard"] {
        for outcome in ["succeeded", "failed"] {
            counter!(ENDED, "kind" => kind, "outcome" => outcome).increment(0);
        }
    }
    // An offboarding is never superseded.
    counter!(ENDED, "kind" => "onboard", "outcome" => "superseded").increment(0);
    describe_counter!(DROPPED, "Reports of application planes that ended nothing, by reason");
    for reason in Dropped::ALL {
        counter!(DROPPED, "reason" => reason.as_str()).increment(0);
    }
    for outcome in Report::ALL {
        counter!(REPORTS, "outcome" => outcome.as_str()).increment(0);
    }
}

pub(crate) fn registered() {
    counter!(REGISTRATIONS).increment(1);
}

pub(crate) fn report(outcome: Report, count: usize) {
    counter!(REPORTS, "outcome" => outcome.as_str()).increment(count as u64);
}

pub(crate) fn dropped(reason: Dropped) {
    counter!(DROPPED, "reason" => reason.as_str()).increment(1);
}

/// Counts an onboarding that an offboarding came in place of.
pub(crate) fn superseded() {
    counter!(ENDED, "kind" => "onboard", "outcome" => "superseded").increment(1);
}

/// Counts an operation that has just ended; one that has not is not counted.
pub(crate) fn ended(operation: &Operation) {
    let outcome = match operation.state {
        OperationState::Succeeded { .. } => "succeeded",
        OperationState::Failed { .. } => "failed",
        OperationState::Superseded { .. } => "superseded",
        OperationState::Waiting { .. } | OperationState::Running { .. } | OperationState::CleaningUp { .. } => return,
    };
    let kind = match operation.kind {
        OperationKind::Onboard => "onboard",
        OperationKind::Offboard => "offboard",
    };
    counter!(ENDED, "kind" => kind, "outcome" => outcome).increment(1);
}
