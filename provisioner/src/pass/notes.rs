//! The steps of the operation, as clients see them.

use tenantry_contract::operation::{OperationKind, Step, StepState};
use tenantry_contract::time::Timestamp;
use tracing::{debug, info};

use super::Pass;
use super::take::action;
use crate::diff::Act;
use crate::meters;

impl Pass {
    /// Notes a step's state, if there is an operation to note it in and it is news.
    pub(super) fn note(&mut self, act: &Act, state: StepState, note: Option<String>) {
        let Some(operation) = self.operation() else { return };
        let key = (act.id().clone(), matches!(act, Act::Ensure(_)));
        let known = self
            .dirty
            .steps
            .get(&key)
            .or_else(|| operation.steps.iter().find(|s| s.name == key.0.as_str() && s.action == action(act)));
        // Asked again is no news; why it waits, or that it has ended, is.
        let going = |s: StepState| matches!(s, StepState::Running | StepState::Retrying);
        let begun_again = state == StepState::Running && note.is_none();
        if known.is_some_and(|k| (k.state == state && k.note == note) || (begun_again && going(k.state))) {
            return;
        }
        let now = self.core.now();
        let step = Step {
            name: key.0.to_string(),
            action: action(act),
            state,
            started_at: known.map_or(now, |k| k.started_at),
            ended_at: (!going(state)).then_some(now),
            note,
        };
        if let Some(operation) = self.record.as_mut().and_then(|r| r.operation.as_mut()) {
            operation.note_step(step.clone());
        }
        self.dirty.steps.insert(key, step);
    }

    pub(super) fn step_began(&self, act: &Act) -> Option<Timestamp> {
        let steps = &self.operation()?.steps;
        steps.iter().find(|s| s.name == act.id().as_str() && s.action == action(act)).map(|s| s.started_at)
    }

    /// Says once an attempt that it has been taken up.
    pub(super) fn announce_start(&self) {
        let Some(operation) = self.operation().filter(|op| op.steps.is_empty()) else { return };
        let kind = meters::name(operation.kind);
        let (operation, attempt) = (&operation.id, operation.attempt);
        if self.record.as_ref().is_some_and(|r| r.placement.is_dedicated()) {
            info!(kind, %operation, attempt, "an operation begins");
        } else {
            // Pooled tenants come by the thousand; their ends are enough.
            debug!(kind, %operation, attempt, "an operation begins");
        }
    }

    pub(super) fn announce_end(&self, kind: OperationKind, success: bool) {
        let tier = self.record.as_ref().map_or("", |r| r.tier.as_str());
        let took = self
            .operation()
            .map_or(0, |op| u64::try_from(self.core.now().since(op.requested_at).as_millis()).unwrap_or(u64::MAX));
        meters::operation(kind, success);
        info!(kind = meters::name(kind), success, tier, took_ms = took, "an operation is at its end");
    }
}
