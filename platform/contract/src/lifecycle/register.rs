//! – → In progress.

use super::Decided;
use crate::attributes::Attributes;
use crate::catalogue::Placement;
use crate::event::onboarding_request;
use crate::id::{OperationId, RegistrationId, TenantId};
use crate::name::{Email, TenantName};
use crate::operation::{Budget, Operation, OperationKind, OperationState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

/// A registration as it was asked for, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTenant {
    pub name: TenantName,
    pub email: Email,
    pub tier: String,
    pub placement: Placement,
    pub budget: Budget,
    pub tenant: Attributes,
    pub registration: Attributes,
    pub traceparent: Option<String>,
}

/// The ids a registration is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Minted {
    pub tenant_id: TenantId,
    pub registration_id: RegistrationId,
    pub operation_id: OperationId,
}

pub fn register(new: NewTenant, ids: Minted, now: Timestamp) -> Decided {
    let operation = Operation {
        id: ids.operation_id,
        tenant_id: ids.tenant_id.clone(),
        kind: OperationKind::Onboard,
        attempt: 1,
        requested_at: now,
        budget: new.budget,
        state: OperationState::Waiting { until: now.plus(new.budget.wait()) },
        steps: Vec::new(),
        traceparent: new.traceparent,
    };
    let record = TenantRecord {
        tenant_id: ids.tenant_id,
        registration_id: ids.registration_id,
        name: new.name,
        email: new.email,
        sign_in: None,
        tier: new.tier,
        placement: new.placement,
        status: Status::InProgress,
        spelling: None,
        active: true,
        tenant: new.tenant,
        registration: new.registration,
        operation: Some(operation),
        generation: 1,
        created_at: now,
    };
    let events = vec![onboarding_request(&record)];
    Decided { record, replaced: None, events, look: false }
}
