//! The generated schemas: in step with the code, and true of what the code sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::json;
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Draft, Event, EventName, Report, Sources, Verdict, progress, report_detail, schemas};
use tenantry_contract::id::EventId;
use tenantry_contract::operation::{Failure, Step, StepAction, StepState};

use crate::make::{START, attributes, failure};
use crate::table::situated;

static VALIDATORS: LazyLock<BTreeMap<&'static str, Validator>> = LazyLock::new(|| {
    schemas().into_iter().map(|(name, schema)| (name, jsonschema::validator_for(&schema).unwrap())).collect()
});

pub fn validator(name: EventName) -> &'static Validator {
    &VALIDATORS[name.detail_type()]
}

/// Panics, with every fault, unless the event is as its schema says.
pub fn valid(event: &Event) {
    let json = serde_json::to_value(event).unwrap();
    let validator = validator(event.name().unwrap());
    let faults: Vec<String> = validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{}: {faults:#?}\n{json:#}", event.detail_type);
}

fn stamped(draft: Draft) -> Event {
    draft.stamp(EventId::parse("e1").unwrap(), START, &Sources::default())
}

#[test]
fn the_committed_schemas_are_the_generated_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events");
    let mut committed = BTreeMap::new();
    for file in std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()) {
        if file.extension().is_some_and(|e| e == "json") {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            committed.insert(name, std::fs::read_to_string(&file).unwrap());
        }
    }
    let generated: BTreeMap<String, String> =
        schemas().into_iter().map(|(name, schema)| (name.to_owned(), format!("{schema:#}\n"))).collect();
    assert!(
        committed == generated,
        "docs/events is out of date; run: cargo run -p tenantry-contract --example schemas -- docs/events"
    );
}

#[test]
fn our_reports_are_valid_and_read_back_as_they_were_meant() {
    for situation in ["P.w", "P.r", "P.c", "D.w", "D.c"] {
        let record = situated(situation, Placement::Pooled);
        let operation = record.operation.as_ref().unwrap();
        let tenant_data = attributes(json!({ "tenantConfig": r#"{"userPoolId":"p"}"# }));
        for verdict in [Verdict::Success, failure(), remains()] {
            let event = stamped(report_detail(&record, operation, &verdict, &tenant_data));
            valid(&event);
            let report = Report::from_event(&event).unwrap().unwrap();
            assert_eq!(report.verdict, verdict);
            assert_eq!(report.attempt, Some((operation.id.clone(), operation.attempt)));
            assert_eq!(report.kind, Some(operation.kind));
            assert_eq!(report.tenant_data, tenant_data);
            assert_eq!(report.event_key.as_deref(), Some("e1"));
        }
    }
}

fn remains() -> Verdict {
    Verdict::Failure(Failure { remains: vec!["cluster/main".into()], ..Failure::timed_out("too slow") })
}

#[test]
fn progress_is_valid() {
    let record = situated("P.r", Placement::DedicatedServices);
    let step = |state, ended_at, note: Option<&str>| Step {
        name: "service/orders".into(),
        action: StepAction::Create,
        state,
        started_at: START,
        ended_at,
        note: note.map(Into::into),
    };
    let steps = [step(StepState::Running, None, None), step(StepState::Failed, Some(START), Some("no room"))];
    valid(&stamped(progress(record.operation.as_ref().unwrap(), &steps)));
}

#[test]
fn a_schema_refuses_what_is_not_the_event() {
    let record = situated("P.w", Placement::Pooled);
    let good = stamped(tenantry_contract::event::onboarding_request(&record));
    valid(&good);
    let validator = validator(EventName::OnboardingRequest);
    for member in ["tenantId", "tenantRegistrationId", "tenantName", "email", "tier", "registrationStatus", "useEc2"] {
        let mut bad = serde_json::to_value(&good).unwrap();
        bad["detail"].as_object_mut().unwrap().remove(member);
        assert!(!validator.is_valid(&bad), "{member} missing");
        bad["detail"][member] = json!(7);
        assert!(!validator.is_valid(&bad), "{member} is a number");
    }
    let mut other = serde_json::to_value(&good).unwrap();
    other["detail-type"] = json!("sbt_aws_offboardingRequest");
    assert!(!validator.is_valid(&other));
}

#[test]
fn a_foreign_failure_without_the_two_members_is_a_report() {
    let record = situated("P.w", Placement::External);
    let detail = json!({
        "tenantRegistrationId": record.registration_id,
        "jobOutput": { "tenantStatus": "Failed to provision tenant." },
    });
    let detail = detail.as_object().unwrap().clone();
    let event = Draft { name: EventName::ProvisionFailure, detail }.stamp(
        EventId::parse("e").unwrap(),
        START,
        &Sources::default(),
    );
    valid(&event);
    let report = Report::from_event(&event).unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::Failure(Failure::new("Failed to provision tenant.")));
    assert_eq!((report.attempt, report.tenant_data), (None, Attributes::default()));
}
