//! What a failed call means for a step: try again, or give up.

use std::time::Duration;

use tenantry_ports::error::Cause;
use tenantry_ports::runtime::RuntimeError;

use crate::fault::{Fault, Kind};

/// How long to leave AWS alone after a throttled call that the SDK's own tries did not get through.
const REST: Duration = Duration::from_secs(2);

/// Refusals for what something else is still doing, or what is not seen everywhere yet: they pass.
const PASSING: [&str; 11] = [
    "ClusterNotFoundException",
    "ConflictException",
    "DeleteConflict",
    "DependencyViolation",
    "InvalidGroup.NotFound",
    "InvalidGroupId.NotFound",
    "ResourceInUse",
    "ResourceInUseException",
    "ServiceNotActiveException",
    "ServiceNotFoundException",
    "UpdateInProgressException",
];

impl From<Fault> for RuntimeError {
    fn from(fault: Fault) -> Self {
        weigh(&fault, None).because(fault)
    }
}

/// As the words say; the cause may be somebody else's, too.
pub fn weigh(fault: &Fault, cause: Option<Cause>) -> RuntimeError {
    let what = fault.to_string();
    let passing = fault.code.as_deref().is_some_and(|code| PASSING.contains(&code));
    match fault.kind {
        Kind::Throttled => RuntimeError::Transient { what, retry_after: Some(REST), cause },
        // What is missing is being made, and permissions are granted and credentials renewed without us.
        Kind::Unanswered(_) | Kind::Contended | Kind::Denied | Kind::Missing => {
            RuntimeError::Transient { what, retry_after: None, cause }
        }
        Kind::Refused if passing => RuntimeError::Transient { what, retry_after: None, cause },
        // Waiting does not raise a quota.
        Kind::Quota | Kind::Refused => RuntimeError::Permanent { what, cause },
    }
}

trait Because {
    fn because(self, because: Fault) -> Self;
}

impl Because for RuntimeError {
    fn because(mut self, because: Fault) -> Self {
        let (Self::Transient { cause, .. } | Self::Permanent { cause, .. }) = &mut self;
        *cause = Some(Box::new(because));
        self
    }
}
