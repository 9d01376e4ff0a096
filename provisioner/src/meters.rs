//! What the engine counts. No tenant appears in a label.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tenantry_contract::operation::{OperationKind, StepAction};

const OPERATIONS: &str = "tenantry_provisioner_operations_total";
const STEPS: &str = "tenantry_provisioner_step_seconds";
const CALLS: &str = "tenantry_provisioner_runtime_calls_total";
const IN_HAND: &str = "tenantry_provisioner_owners_in_hand";
const LAG: &str = "tenantry_provisioner_lag_seconds";
const ORPHANS_FOUND: &str = "tenantry_provisioner_orphans_found_total";
const ORPHANS: &str = "tenantry_provisioner_orphans";
const KEPT: &str = "tenantry_provisioner_kept_resources";

const KINDS: [OperationKind; 2] = [OperationKind::Onboard, OperationKind::Offboard];
const ACTIONS: [StepAction; 2] = [StepAction::Create, StepAction::Remove];

/// Starts every series at zero, so that the first event is a change.
pub(crate) fn begin() {
    describe_counter!(OPERATIONS, "Operations the provisioner reported an end of");
    describe_histogram!(STEPS, metrics::Unit::Seconds, "From a step's first try to its end");
    describe_counter!(CALLS, "Steps asked of the runtime, by what came of them");
    describe_gauge!(IN_HAND, "Owners being worked on now");
    describe_gauge!(LAG, metrics::Unit::Seconds, "How long the next owner has been due");
    describe_counter!(ORPHANS_FOUND, "Things that a sweep found for the first time and that no inventory names");
    describe_gauge!(ORPHANS, "Things that the last sweep saw and that no inventory names");
    describe_gauge!(KEPT, "Things of the stage that the catalogue dropped, kept as they hold data");
    for kind in KINDS {
        for outcome in ["success", "failure"] {
            counter!(OPERATIONS, "kind" => name(kind), "outcome" => outcome).absolute(0);
        }
    }
    for action in ACTIONS {
        for outcome in ["ready", "pending", "transient", "permanent"] {
            counter!(CALLS, "action" => verb(action), "outcome" => outcome).absolute(0);
        }
    }
    counter!(ORPHANS_FOUND).absolute(0);
    orphans(0, 0);
    kept(0);
    in_hand(0);
    lag(Duration::ZERO);
}

pub(crate) fn operation(kind: OperationKind, success: bool) {
    let outcome = if success { "success" } else { "failure" };
    counter!(OPERATIONS, "kind" => name(kind), "outcome" => outcome).increment(1);
}

pub(crate) fn step(action: StepAction, took: Duration) {
    histogram!(STEPS, "action" => verb(action)).record(took.as_secs_f64());
}

pub(crate) fn call(action: StepAction, outcome: &'static str) {
    counter!(CALLS, "action" => verb(action), "outcome" => outcome).increment(1);
}

pub(crate) fn in_hand(owners: usize) {
    gauge!(IN_HAND).set(u32::try_from(owners).map_or(f64::MAX, f64::from));
}

pub(crate) fn lag(behind: Duration) {
    gauge!(LAG).set(behind.as_secs_f64());
}

pub(crate) fn orphans_found(new: usize) {
    counter!(ORPHANS_FOUND).increment(new as u64);
}

pub(crate) fn orphans(with_data: u32, without_data: u32) {
    gauge!(ORPHANS, "holds_data" => "true").set(f64::from(with_data));
    gauge!(ORPHANS, "holds_data" => "false").set(f64::from(without_data));
}

pub(crate) fn kept(things: usize) {
    gauge!(KEPT).set(u32::try_from(things).map_or(f64::MAX, f64::from));
}

pub(crate) const fn name(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Onboard => "onboard",
        OperationKind::Offboard => "offboard",
    }
}

const fn verb(action: StepAction) -> &'static str {
    match action {
        StepAction::Create => "create",
        StepAction::Remove => "remove",
    }
}
