//! Random lives: whatever comes in whatever order, nothing panics, nothing server-owned is lost, nothing that
//! has ended comes back by itself.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tenantry_contract::attributes::{Attributes, SERVER_OWNED};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Event, Report, Sources, Verdict};
use tenantry_contract::id::EventId;
use tenantry_contract::lifecycle::{Amendment, Begin, Begun, Decided, Expired};
use tenantry_contract::lifecycle::{amend, apply, begin, claimed, expire, presence, turn};
use tenantry_contract::operation::{Failure, Operation, OperationKind, OperationState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;

use crate::make::{START, operation_id, registered};

#[derive(Debug, Clone)]
enum Trigger {
    Begin(Begin),
    Report { good: bool, kind: Option<OperationKind>, pair: Pair, tenant: Attributes, registration: Attributes },
    Amend(Amendment),
    Expire,
    Claim,
    Turn,
}

#[derive(Debug, Clone, Copy)]
enum Pair {
    Current,
    Older,
    None,
}

fn values() -> impl Strategy<Value = Value> {
    let statuses = Status::ALL.map(|s| json!(s.as_str()));
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!({ "userPoolId": "p" })),
        Just(json!("basic")),
        Just(json!("tenant1")),
        Just(json!("a@example.com")),
        prop::sample::select(statuses.to_vec()),
        "[a-z]{0,6}".prop_map(Value::from),
    ]
}

fn members() -> impl Strategy<Value = Attributes> {
    let mut names: Vec<&'static str> = SERVER_OWNED.to_vec();
    names.extend(["email", "phone", "tenantConfig", "prices", "useEc2", "operationId", "attempt", "traceparent"]);
    prop::collection::vec((prop::sample::select(names), values()), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn triggers() -> impl Strategy<Value = Trigger> {
    let pair = prop_oneof![4 => Just(Pair::Current), 1 => Just(Pair::Older), 1 => Just(Pair::None)];
    let kind = prop::option::of(prop_oneof![Just(OperationKind::Onboard), Just(OperationKind::Offboard)]);
    let amendment = (prop::option::of(members()), prop::option::of(members()), prop::option::of("[a-z]{0,4}"));
    prop_oneof![
        2 => prop_oneof![Just(Begin::Offboard), Just(Begin::Retry)].prop_map(Trigger::Begin),
        4 => (any::<bool>(), kind, pair, members(), members()).prop_map(|(good, kind, pair, tenant, registration)| {
            Trigger::Report { good, kind, pair, tenant, registration }
        }),
        2 => amendment.prop_map(|(tenant, registration, tenant_status)| {
            Trigger::Amend(Amendment { tenant, registration, tenant_status })
        }),
        2 => Just(Trigger::Expire),
        2 => Just(Trigger::Claim),
        1 => Just(Trigger::Turn),
    ]
}

fn pull(record: &TenantRecord, trigger: Trigger, n: u32, now: Timestamp) -> Option<Decided> {
    let record = record.clone();
    let budget = record.placement.default_budget();
    match trigger {
        Trigger::Begin(what) => match begin(record, what, operation_id(100 + n), budget, None, now) {
            Ok(Begun::Changed(decided)) => Some(*decided),
            _ => None,
        },
        Trigger::Report { good, kind, pair, tenant, registration } => {
            let verdict = if good { Verdict::Success } else { Verdict::Failure(Failure::new("no room")) };
            let op = record.operation.as_ref().unwrap();
            let attempt = match pair {
                Pair::Current => Some((op.id.clone(), op.attempt)),
                Pair::Older => Some((op.id.clone(), op.attempt - 1)),
                Pair::None => None,
            };
            let report = Report {
                event_key: None,
                registration_id: record.registration_id.clone(),
                attempt,
                kind,
                verdict,
                tenant_data: tenant,
                registration_data: registration,
            };
            apply(record, report, now).ok().map(|applied| applied.decided)
        }
        Trigger::Amend(amendment) => amend(record, amendment, now).ok(),
        Trigger::Expire => match expire(record, Vec::new(), now) {
            Expired::NotDue => None,
            Expired::Turned(decided) | Expired::Failed(decided) => Some(*decided),
        },
        // Another application plane's work is not ours to take up or to give up.
        Trigger::Claim | Trigger::Turn if record.placement == Placement::External => None,
        Trigger::Claim => {
            let record = claimed(record, now);
            Some(Decided { record, replaced: None, events: Vec::new(), look: false })
        }
        Trigger::Turn => Some(turn(record, Failure::new("gave up"), now)),
    }
}

fn owned(record: &TenantRecord) -> [String; 4] {
    [record.tenant_id.to_string(), record.registration_id.to_string(), record.name.to_string(), record.tier.clone()]
}

/// May an operation that has ended be open again, or have another end?
fn may_reopen(before: &TenantRecord, old: &Operation, new: &Operation) -> bool {
    let retried = new.attempt == old.attempt + 1 && matches!(new.state, OperationState::Waiting { .. });
    let late = before.placement == Placement::External
        && matches!(&old.state, OperationState::Failed { failure, .. } if failure.timed_out)
        && matches!(new.state, OperationState::Succeeded { .. });
    retried || late
}

fn check(before: &TenantRecord, decided: &Decided, now: Timestamp) {
    let after = &decided.record;
    assert_eq!(owned(after), owned(before));
    assert_eq!((after.placement, after.created_at), (before.placement, before.created_at));
    assert!(after.active || !before.active || after.status == Status::Deleting);
    assert!(!after.active || !before.status.eq(&Status::Deleted));
    assert!(before.active || !after.active, "nobody comes back to life");
    for name in SERVER_OWNED {
        assert!(after.tenant.get(name).is_none() && after.registration.get(name).is_none(), "{name}");
    }
    assert!(after.generation >= before.generation);
    if presence(after) != presence(before) {
        assert!(after.generation > before.generation, "a worker must hear of a new desired state");
    }
    let (old, new) = (before.operation.as_ref().unwrap(), after.operation.as_ref().unwrap());
    if old.id == new.id {
        assert!(new.attempt >= old.attempt);
        assert!(!old.ended() || old.state == new.state || may_reopen(before, old, new), "{old:?} {new:?}");
    } else {
        assert_eq!((new.attempt, new.kind), (1, OperationKind::Offboard));
        let replaced = decided.replaced.as_ref().expect("the old operation is kept");
        assert!(replaced.id == old.id && replaced.ended());
    }
    assert_eq!(after.open_operation().is_some(), matches!(after.status, Status::InProgress | Status::Deleting));
    assert_eq!(new.due_at().is_some(), !new.ended(), "what is under way has an end");
    for draft in &decided.events {
        let event = draft.clone().stamp(EventId::parse("e").unwrap(), now, &Sources::default());
        speaks_of(&event, before, decided);
        crate::schemas::valid(&event);
    }
}

/// No attribute can pass for a member of ours.
fn speaks_of(event: &Event, before: &TenantRecord, decided: &Decided) {
    let operations = [&before.operation, &decided.record.operation, &decided.replaced];
    let said = |op: &Operation| event.detail["operationId"] == op.id.as_str() && event.detail["attempt"] == op.attempt;
    assert!(operations.into_iter().flatten().any(said), "{event:?}");
    assert_eq!(event.text("tenantId"), Some(before.tenant_id.as_str()));
    let named: &Map<String, Value> = &event.detail;
    assert_eq!(named["tenantName"], before.name.as_str());
    assert_eq!(named["tier"], before.tier.as_str());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(
        placement in prop::sample::select(Placement::ALL.to_vec()),
        life in prop::collection::vec((triggers(), 0_i64..3_600_000), 1..40),
    ) {
        let mut record = registered(1, placement).record;
        let mut now = START;
        for (n, (trigger, wait)) in life.into_iter().enumerate() {
            now = Timestamp::from_millis(now.millis() + wait);
            if let Some(decided) = pull(&record, trigger, u32::try_from(n).unwrap(), now) {
                check(&record, &decided, now);
                record = decided.record;
            }
        }
    }

    #[test]
    fn left_alone_it_comes_to_an_end(
        placement in prop::sample::select(Placement::ALL.to_vec()),
        life in prop::collection::vec(triggers(), 0..12),
    ) {
        let mut record = registered(1, placement).record;
        for (n, trigger) in life.into_iter().enumerate() {
            if let Some(decided) = pull(&record, trigger, u32::try_from(n).unwrap(), START) {
                record = decided.record;
            }
        }
        for _ in 0..2 {
            if let Some(due) = record.open_operation().and_then(Operation::due_at)
                && let Some(decided) = pull(&record, Trigger::Expire, 0, due)
            {
                record = decided.record;
            }
        }
        prop_assert!(record.open_operation().is_none(), "{:?}", record);
    }
}
