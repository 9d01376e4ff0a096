//! Things to test with.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Event, EventName, Report, Sources, Verdict};
use tenantry_contract::id::{RegistrationId, TenantId, WorkerId};
use tenantry_contract::lifecycle::NewTenant;
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::{Entry, EntryState, Outputs, Owner, Resource, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::keys::{Key, KeyUse, StoredAnswer};
use tokio::task::JoinSet;

/// The moment at which suites' clocks start: 2046, as an emulator's broom sweeps by the system's time what is to be kept
/// for days by a suite's.
pub const START: Timestamp = Timestamp::from_millis(2_400_000_000_000);

fn parsed<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("the suite's own names are well formed")
}

/// A registration of that name, whose admin's address is `name@example.com`.
pub fn new_tenant(name: &str, placement: Placement) -> NewTenant {
    NewTenant {
        name: parsed(TenantName::parse(name)),
        email: parsed(Email::parse(format!("{name}@example.com"))),
        tier: placement.as_str().to_owned(),
        placement,
        budget: placement.default_budget(),
        tenant: attributes(&json!({ "colour": "blue" })),
        registration: attributes(&json!({ "campaign": "spring" })),
        traceparent: None,
    }
}

pub fn attributes(json: &Value) -> Attributes {
    Attributes(json.as_object().cloned().unwrap_or_default())
}

pub fn tenant_id(text: &str) -> TenantId {
    parsed(TenantId::parse(text))
}

pub fn registration_id(text: &str) -> RegistrationId {
    parsed(RegistrationId::parse(text))
}

pub fn worker(n: usize) -> WorkerId {
    parsed(WorkerId::parse(format!("worker-{n}")))
}

pub fn owner(record: &TenantRecord) -> Owner {
    Owner::Tenant(record.tenant_id.clone())
}

/// A key whose answer is the tenant's id.
pub fn key(scope: &str, request: u8) -> KeyUse {
    let answer = |record: &TenantRecord| StoredAnswer { status: 201, body: record.tenant_id.to_string().into() };
    KeyUse { key: Key { scope: scope.to_owned(), request: [request; 32] }, answer: Arc::new(answer) }
}

/// A report of our own plane on the record's current operation.
pub fn report(record: &TenantRecord, verdict: Verdict, event_key: &str) -> Report {
    let operation = record.operation.as_ref();
    Report {
        event_key: Some(event_key.to_owned()),
        registration_id: record.registration_id.clone(),
        attempt: operation.map(|op| (op.id.clone(), op.attempt)),
        kind: operation.map(|op| op.kind),
        verdict,
        tenant_data: Attributes::default(),
        registration_data: Attributes::default(),
    }
}

/// An event of another application plane: nothing of ours in its detail.
pub fn foreign_event(name: EventName, id: &str, detail: &Value) -> Event {
    Event {
        version: "0".into(),
        id: id.to_owned(),
        source: Sources::default().of(name.plane()).to_owned(),
        detail_type: name.detail_type().to_owned(),
        account: "111122223333".into(),
        time: START,
        region: "eu-west-1".into(),
        resources: Vec::new(),
        detail: detail.as_object().cloned().unwrap_or_else(Map::new),
    }
}

/// A resource that is only a line of an inventory.
pub fn resource(kind: &str, name: &str) -> Resource {
    Resource {
        id: ResourceId::new(kind, name),
        kind: kind.to_owned(),
        spec: json!({ "size": 1, "name": name }),
        spec_hash: "h1".into(),
        needs: Vec::new(),
        holds_data: false,
        watched: false,
    }
}

pub fn intended(kind: &str, name: &str) -> Entry {
    Entry { resource: resource(kind, name), state: EntryState::Intended }
}

pub fn present(kind: &str, name: &str) -> Entry {
    let outputs: Outputs = BTreeMap::from([("address".to_owned(), format!("{kind}-{name}"))]);
    Entry { resource: resource(kind, name), state: EntryState::Present { outputs } }
}

/// Runs `n` of them at once and collects what they gave.
pub async fn together<T, F>(n: usize, make: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut running: JoinSet<T> = (0..n).map(make).collect();
    let mut results = Vec::with_capacity(n);
    while let Some(done) = running.join_next().await {
        results.push(done.expect("none of them panics"));
    }
    results
}
