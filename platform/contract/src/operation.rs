//! An operation: one onboarding or offboarding, its attempts, deadlines, steps and end.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{OperationId, TenantId};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OperationKind {
    Onboard,
    Offboard,
}

/// A tenant has at most one operation that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub id: OperationId,
    pub tenant_id: TenantId,
    pub kind: OperationKind,
    /// Counts from 1; a retry is the next attempt of the same operation.
    pub attempt: u32,
    /// When this attempt was asked for.
    pub requested_at: Timestamp,
    pub budget: Budget,
    pub state: OperationState,
    pub steps: Vec<Step>,
    /// W3C trace context of the request that began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// How long each part of an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// Until somebody takes it up.
    pub wait_ms: u64,
    /// From the first claim to the end of the work.
    pub work_ms: u64,
    /// From giving up to a clean slate.
    pub cleanup_ms: u64,
}

impl Budget {
    pub const fn wait(self) -> Duration {
        Duration::from_millis(self.wait_ms)
    }
    pub const fn work(self) -> Duration {
        Duration::from_millis(self.work_ms)
    }
    pub const fn cleanup(self) -> Duration {
        Duration::from_millis(self.cleanup_ms)
    }
}

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum OperationState {
    /// No provisioner has taken it up; another application plane may be at work.
    Waiting {
        until: Timestamp,
    },
    /// A provisioner works on it.
    Running {
        since: Timestamp,
        deadline: Timestamp,
    },
    /// It has failed; what it made is being removed. It ends as failed.
    CleaningUp {
        since: Timestamp,
        until: Timestamp,
        failure: Failure,
    },
    Succeeded {
        at: Timestamp,
    },
    Failed {
        at: Timestamp,
        failure: Failure,
    },
    /// A newer operation took its place.
    Superseded {
        at: Timestamp,
    },
}

/// What failed, where and why, for the person who reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The step, such as `service/orders`; absent when it was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    pub reason: String,
    /// What could not be removed, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<String>,
    /// Nobody reported it: its time ran out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
}

impl Failure {
    pub fn new(reason: impl Into<String>) -> Self {
        Self { step: None, reason: reason.into(), remains: Vec::new(), timed_out: false }
    }

    pub fn timed_out(reason: impl Into<String>) -> Self {
        Self { timed_out: true, ..Self::new(reason) }
    }

    #[must_use]
    pub fn at(mut self, step: impl Into<String>) -> Self {
        self.step = Some(step.into());
        self
    }
}

/// One thing made or removed for an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The resource, such as `service/orders`.
    pub name: String,
    pub action: StepAction,
    pub state: StepState,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it waits, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepAction {
    Create,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    Running,
    Retrying,
    Done,
    Failed,
}

impl Operation {
    pub fn ended(&self) -> bool {
        matches!(
            self.state,
            OperationState::Succeeded { .. } | OperationState::Failed { .. } | OperationState::Superseded { .. }
        )
    }

    /// The moment after which the reaper has something to say; none once it has ended.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            OperationState::Waiting { until } | OperationState::CleaningUp { until, .. } => Some(until),
            OperationState::Running { deadline, .. } => Some(deadline),
            _ => None,
        }
    }

    /// Records a step's newest state; a step is known by its name and action.
    pub fn note_step(&mut self, step: Step) {
        match self.steps.iter_mut().find(|s| s.name == step.name && s.action == step.action) {
            Some(known) => *known = Step { started_at: known.started_at, ..step },
            None => self.steps.push(step),
        }
    }
}
