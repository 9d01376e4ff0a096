//! An operation as clients see it.

use serde::{Deserialize, Serialize};
use tenantry_contract::operation::{Failure, Operation, OperationKind, OperationState, Step, StepAction, StepState};
use utoipa::ToSchema;

/// One onboarding or offboarding, over all its attempts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Operation)]
pub(crate) struct OperationView {
    pub operation_id: String,
    pub tenant_id: String,
    pub kind: KindView,
    /// Counts from 1; a retry is the next attempt.
    pub attempt: u32,
    pub status: StateView,
    /// When this attempt was asked for.
    #[schema(format = "date-time")]
    pub requested_at: String,
    /// When its present state must have ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(format = "date-time")]
    pub due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(format = "date-time")]
    pub ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<FailureView>,
    pub steps: Vec<StepView>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperationKind)]
pub(crate) enum KindView {
    Onboard,
    Offboard,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperationStatus)]
pub(crate) enum StateView {
    /// Nobody has taken it up.
    Waiting,
    Running,
    /// It has failed; what it made is being removed.
    CleaningUp,
    Succeeded,
    Failed,
    /// An offboarding came in its place.
    Superseded,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperationFailure)]
pub(crate) struct FailureView {
    /// Where it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<String>,
    pub reason: String,
    /// What could not be removed.
    pub remains: Vec<String>,
}

/// One thing made or removed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperationStep)]
pub(crate) struct StepView {
    /// The resource, such as `service/orders`.
    pub name: String,
    pub action: ActionView,
    pub state: StepStateView,
    #[schema(format = "date-time")]
    pub started_at: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(format = "date-time")]
    pub ended_at: Option<String>,
    /// Why it waits, or why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StepAction)]
pub(crate) enum ActionView {
    Create,
    Remove,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StepState)]
pub(crate) enum StepStateView {
    Running,
    Retrying,
    Done,
    Failed,
}

impl From<Operation> for OperationView {
    fn from(operation: Operation) -> Self {
        let due_at = operation.due_at().map(|at| at.to_string());
        let (status, ended_at, failure) = match operation.state {
            OperationState::Waiting { .. } => (StateView::Waiting, None, None),
            OperationState::Running { .. } => (StateView::Running, None, None),
            OperationState::CleaningUp { failure, .. } => (StateView::CleaningUp, None, Some(failure)),
            OperationState::Succeeded { at } => (StateView::Succeeded, Some(at), None),
            OperationState::Failed { at, failure } => (StateView::Failed, Some(at), Some(failure)),
            OperationState::Superseded { at } => (StateView::Superseded, Some(at), None),
        };
        Self {
            operation_id: operation.id.into(),
            tenant_id: operation.tenant_id.into(),
            kind: match operation.kind {
                OperationKind::Onboard => KindView::Onboard,
                OperationKind::Offboard => KindView::Offboard,
            },
            attempt: operation.attempt,
            status,
            requested_at: operation.requested_at.to_string(),
            due_at,
            ended_at: ended_at.map(|at| at.to_string()),
            failure: failure.map(FailureView::from),
            steps: operation.steps.into_iter().map(StepView::from).collect(),
        }
    }
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self { step: failure.step, reason: failure.reason, remains: failure.remains }
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self {
            name: step.name,
            action: match step.action {
                StepAction::Create => ActionView::Create,
                StepAction::Remove => ActionView::Remove,
            },
            state: match step.state {
                StepState::Running => StepStateView::Running,
                StepState::Retrying => StepStateView::Retrying,
                StepState::Done => StepStateView::Done,
                StepState::Failed => StepStateView::Failed,
            },
            started_at: step.started_at.to_string(),
            ended_at: step.ended_at.map(|at| at.to_string()),
            note: step.note,
        }
    }
}
