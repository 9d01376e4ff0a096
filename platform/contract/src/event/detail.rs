//! What each detail carries.

use serde_json::{Map, Value, json};

use crate::attributes::Attributes;
use crate::operation::{Operation, Step};
use crate::orphan::Orphan;
use crate::record::TenantRecord;

use super::{Draft, EventName, Verdict};

/// The flags SBT's jobs read as shell words, and what they are if nobody said; the jobs fail on a missing path.
const FLAGS: [(&str, &str); 3] = [("useFederation", "false"), ("useEc2", "false"), ("useRProxy", "true")];

/// One flat object, the registration's members overlaid by the tenant's: SBT's order.
pub fn onboarding_request(record: &TenantRecord) -> Draft {
    let mut detail = record.registration_view();
    detail.extend(record.tenant_view());
    request(EventName::OnboardingRequest, detail, record)
}

/// The other way round: the tenant's members overlaid by the registration's.
pub fn offboarding_request(record: &TenantRecord) -> Draft {
    let mut detail = record.tenant_view();
    detail.extend(record.registration_view());
    request(EventName::OffboardingRequest, detail, record)
}

fn request(name: EventName, mut detail: Map<String, Value>, record: &TenantRecord) -> Draft {
    // A free member of the registration may have the name of one of the tenant's.
    detail.insert("email".into(), record.email.as_str().into());
    for (flag, default) in FLAGS {
        let given = text(detail.remove(flag));
        detail.insert(flag.into(), given.unwrap_or_else(|| default.into()));
    }
    if let Some(config) = text(detail.remove("tenantConfig")) {
        detail.insert("tenantConfig".into(), config);
    }
    if detail.get("prices").is_none_or(Value::is_null) {
        detail.insert("prices".into(), json!([]));
    }
    if let Some(operation) = &record.operation {
        mark(&mut detail, operation);
    }
    Draft { name, detail }
}

/// What is to be a text, however it came.
fn text(value: Option<Value>) -> Option<Value> {
    match value? {
        Value::Null => None,
        text @ Value::String(_) => Some(text),
        other => Some(other.to_string().into()),
    }
}

/// A report in SBT's shape, as our provisioner sends it and the control plane reads it.
pub fn report_detail(
    record: &TenantRecord,
    operation: &Operation,
    verdict: &Verdict,
    tenant_data: &Attributes,
) -> Draft {
    use crate::operation::OperationKind::{Offboard, Onboard};
    let (name, status) = match (operation.kind, verdict) {
        (Onboard, Verdict::Success) => (EventName::ProvisionSuccess, "Created"),
        (Onboard, Verdict::Failure(_)) => (EventName::ProvisionFailure, "Failed"),
        (Offboard, Verdict::Success) => (EventName::DeprovisionSuccess, "Deleted"),
        (Offboard, Verdict::Failure(_)) => (EventName::DeprovisionFailure, "Failed"),
    };
    let mut output = json!({
        "tenantData": tenant_data,
        "tenantRegistrationData": { "registrationStatus": status },
    });
    if let Verdict::Failure(failure) = verdict {
        output["tenantStatus"] = failure.reason.as_str().into();
        output["failure"] = json!(failure);
    }
    let mut detail = object(json!({
        "tenantId": record.tenant_id,
        "tenantRegistrationId": record.registration_id,
        "jobOutput": output,
    }));
    mark(&mut detail, operation);
    Draft { name, detail }
}

/// A step of an operation changed.
pub fn progress(operation: &Operation, steps: &[Step]) -> Draft {
    let mut detail = object(json!({
        "tenantId": operation.tenant_id,
        "operationKind": operation.kind,
        "steps": steps,
    }));
    mark(&mut detail, operation);
    Draft { name: EventName::ProvisionProgress, detail }
}

/// An operation has ended, however it did.
pub fn operation_ended(record: &TenantRecord, operation: &Operation) -> Draft {
    let mut detail = object(json!({
        "tenantId": record.tenant_id,
        "tenantRegistrationId": record.registration_id,
        "tenantName": record.name,
        "tier": record.tier,
        "operationKind": operation.kind,
        "outcome": operation.state,
        "registrationStatus": record.status,
    }));
    mark(&mut detail, operation);
    Draft { name: EventName::OperationEnded, detail }
}

/// A sweep found a thing that no inventory names.
pub fn orphan_found(orphan: &Orphan) -> Draft {
    let mut detail = object(json!({
        "orphanId": orphan.id,
        "resource": orphan.resource,
        "kind": orphan.kind,
        "native": orphan.native,
        "holdsData": orphan.holds_data,
        "firstSeen": orphan.first_seen,
    }));
    if let Some(tenant) = orphan.owner.tenant() {
        detail.insert("tenantId".into(), tenant.as_str().into());
    }
    Draft { name: EventName::OrphanFound, detail }
}

/// Which attempt an event speaks of, and the trace it belongs to.
fn mark(detail: &mut Map<String, Value>, operation: &Operation) {
    detail.insert("operationId".into(), operation.id.as_str().into());
    detail.insert("attempt".into(), operation.attempt.into());
    match &operation.traceparent {
        Some(trace) => detail.insert("traceparent".into(), trace.as_str().into()),
        None => detail.remove("traceparent"),
    };
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
