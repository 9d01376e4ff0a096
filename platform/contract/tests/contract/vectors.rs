//! What SBT's own functions put on the bus, recorded: ours are supersets, but for the differences listed here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Draft, Event, EventName, Sources};
use tenantry_contract::id::EventId;
use tenantry_contract::lifecycle::{Amendment, Begin, Begun, amend, begin};
use tenantry_contract::record::TenantRecord;

use crate::make::{START, attributes, operation_id, registered};
use crate::schemas::validator;

const EVENTS: &str = include_str!("../vectors/sbt-events.jsonl");

/// Members whose values differ on purpose: in SBT a DELETE shows in the event only later.
const DIFFERENCES: [(EventName, &str, &str, &str); 2] = [
    (EventName::OffboardingRequest, "registrationStatus", "\"Created\"", "\"Deleting\""),
    (EventName::OffboardingRequest, "sbtaws_active", "true", "false"),
];

/// Members ours always carries and SBT's recorded events do not.
const ADDED: [&str; 4] = ["sbtaws_active", "useEc2", "useFederation", "useRProxy"];

fn recorded() -> Vec<(EventName, Map<String, Value>)> {
    let lines = EVENTS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| {
            let name = EventName::parse(line["detail-type"].as_str().unwrap()).unwrap();
            assert_eq!(line["source"], Sources::default().of(name.plane()));
            (name, line["detail"].as_object().unwrap().clone())
        })
        .collect()
}

/// `{reg1}` and `{ten1}` stand for ids.
fn filled(value: &Value) -> Value {
    let text = value.as_str().and_then(|t| t.strip_prefix('{')?.strip_suffix('}'));
    match text {
        Some(id) if id.starts_with("reg") || id.starts_with("ten") => id.into(),
        _ => value.clone(),
    }
}

/// The events that the recorded requests cause in ours: three registrations, then the first one's report,
/// amendments and deletion.
fn ours() -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for n in 1..=3 {
        drafts.extend(registered(n, Placement::External).events);
    }
    let mut record = registered(1, Placement::External).record;
    let key = attributes(json!({ "testKey": "testValue" }));
    record = amended(record, Some(key.clone()), Some(key));
    let config =
        r#"{"userPoolId": "us-east-1_abc", "appClientId": "cl1", "apiGatewayUrl": "https://api.example.com/prod/"}"#;
    let reported = attributes(json!({
        "tenantConfig": config, "prices": r#"[{"id":"price_1","metricName":"productsSold"}]"#,
        "tenantName": "tenant1", "email": "tenant1@example.com",
    }));
    record = amended(record, Some(reported), Some(attributes(json!({ "registrationStatus": "Created" }))));
    record = amended(record, Some(attributes(json!({ "phone": "1" }))), None);
    let budget = record.placement.default_budget();
    match begin(record, Begin::Offboard, operation_id(9), budget, None, START).unwrap() {
        Begun::Changed(decided) => drafts.extend(decided.events),
        Begun::Unchanged(record) => panic!("nothing began: {record:?}"),
    }
    drafts
}

fn amended(record: TenantRecord, tenant: Option<Attributes>, registration: Option<Attributes>) -> TenantRecord {
    amend(record, Amendment { tenant, registration, tenant_status: None }, START).unwrap().record
}

#[test]
fn ours_are_supersets_of_the_recorded_ones() {
    let ours = ours();
    let recorded = recorded();
    assert_eq!(ours.len(), recorded.len());
    let mut met = BTreeSet::new();
    for (name, theirs) in recorded {
        let tenant = filled(&theirs["tenantId"]);
        let draft = ours.iter().find(|d| d.name == name && d.detail["tenantId"] == tenant).unwrap();
        for (member, value) in &theirs {
            let (theirs, ours) = (filled(value), draft.detail.get(member).unwrap_or(&Value::Null));
            if theirs == *ours {
                continue;
            }
            let difference = (name, member.as_str(), theirs.to_string(), ours.to_string());
            let known = DIFFERENCES
                .iter()
                .position(|(n, m, t, o)| (*n, *m, (*t).to_owned(), (*o).to_owned()) == difference)
                .unwrap_or_else(|| panic!("not a known difference: {difference:?}"));
            met.insert(known);
        }
    }
    assert_eq!(met.len(), DIFFERENCES.len(), "a listed difference no longer exists");
}

#[test]
fn the_recorded_ones_are_valid_but_for_what_ours_adds() {
    let mut missing = BTreeSet::new();
    for (name, mut detail) in recorded() {
        for added in ADDED {
            if !detail.contains_key(added) {
                missing.insert(added);
                detail.insert(added.into(), if added == "sbtaws_active" { json!(true) } else { json!("false") });
            }
        }
        let json = json!({
            "id": "e", "source": "sbt.control.plane", "detail-type": name.detail_type(), "time": START,
            "detail": detail,
        });
        let faults: Vec<String> = validator(name).iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), ADDED);
}

#[test]
fn an_envelope_without_our_members_is_an_event() {
    for line in EVENTS.lines() {
        let mut json: Value = serde_json::from_str(line).unwrap();
        json["id"] = json!("7bf73129-1428-4cd3-a780-95db273d1602");
        json["time"] = json!("2026-11-22T10:00:00Z");
        let event = Event::parse(json.to_string().as_bytes()).unwrap();
        assert_eq!(event.key(), "7bf73129-1428-4cd3-a780-95db273d1602");
    }
    let draft = registered(1, Placement::Pooled).events.remove(0);
    let event = draft.stamp(EventId::parse("ours").unwrap(), START, &Sources::default());
    let mut carried = serde_json::to_value(&event).unwrap();
    carried["id"] = json!("another");
    assert_eq!(Event::parse(carried.to_string().as_bytes()).unwrap().key(), "ours");
}
