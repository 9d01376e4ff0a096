//! Records and reports to test with.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Report, Verdict};
use tenantry_contract::id::{OperationId, RegistrationId, TenantId};
use tenantry_contract::lifecycle::{Decided, Minted, NewTenant, register};
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::operation::Failure;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::time::Timestamp;

pub const START: Timestamp = Timestamp::from_millis(1_795_000_000_000);

pub fn later(minutes: u64) -> Timestamp {
    START.plus(Duration::from_secs(60 * minutes))
}

pub fn attributes(json: Value) -> Attributes {
    Attributes(serde_json::from_value(json).unwrap())
}

pub fn operation_id(n: u32) -> OperationId {
    OperationId::parse(format!("op{n}")).unwrap()
}

/// Tenant `n`, just registered.
pub fn registered(n: u32, placement: Placement) -> Decided {
    let new = NewTenant {
        name: TenantName::parse(format!("tenant{n}")).unwrap(),
        email: Email::parse(format!("tenant{n}@example.com")).unwrap(),
        tier: "basic".into(),
        placement,
        budget: placement.default_budget(),
        tenant: attributes(json!({ "prices": [{ "id": "price_1", "metricName": "productsSold" }] })),
        registration: attributes(json!({ "tenantRegistrationData1": "test" })),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
    };
    let ids = Minted {
        tenant_id: TenantId::parse(format!("ten{n}")).unwrap(),
        registration_id: RegistrationId::parse(format!("reg{n}")).unwrap(),
        operation_id: operation_id(n),
    };
    register(new, ids, START)
}

/// A report on the record's current operation, of its kind.
pub fn report(record: &TenantRecord, verdict: Verdict) -> Report {
    let operation = record.operation.as_ref();
    Report {
        event_key: None,
        registration_id: record.registration_id.clone(),
        attempt: operation.map(|op| (op.id.clone(), op.attempt)),
        kind: operation.map(|op| op.kind),
        verdict,
        tenant_data: Attributes::default(),
        registration_data: Attributes::default(),
    }
}

pub fn failure() -> Verdict {
    Verdict::Failure(Failure::new("no room").at("service/orders"))
}
