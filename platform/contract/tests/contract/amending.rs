//! PUT and PATCH: what a client may change, and how another application plane reports.

use serde_json::json;
use tenantry_contract::attributes::{MAX_CLIENT_BYTES, SERVER_OWNED};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::lifecycle::{AmendRefused, Amendment, amend, apply};
use tenantry_contract::operation::OperationState;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;

use crate::make::{attributes, failure, later, report};
use crate::table::situated;

const SITUATIONS: [&str; 10] = ["P.w", "P.r", "C", "Fon", "Fon!", "D.w", "D.r", "Foff", "Foff!", "X"];

fn wants(status: &str) -> Amendment {
    Amendment { registration: Some(attributes(json!({ "registrationStatus": status }))), ..Amendment::default() }
}

#[test]
fn a_status_by_patch_is_a_report_where_the_tier_is_external() {
    for situation in SITUATIONS {
        for status in Status::ALL {
            let record = situated(situation, Placement::External);
            let same = record.status == status;
            let result = amend(record.clone(), wants(&status.as_str().to_uppercase()), later(1));
            let expected = match (situation, status) {
                _ if same => Some(status),
                ("P.w" | "P.r", Status::Created | Status::Failed)
                | ("D.w" | "D.r", Status::Deleted | Status::Failed)
                | ("Fon!", Status::Created)
                | ("Foff!", Status::Deleted) => Some(status),
                _ => None,
            };
            match (expected, result) {
                (Some(status), Ok(decided)) => {
                    assert_eq!(decided.record.status, status, "{situation} to {status}");
                    assert_eq!(decided.events.is_empty(), same, "{situation} to {status}");
                }
                (None, Err(AmendRefused::NotNow { .. } | AmendRefused::Owned { .. })) => {}
                (_, result) => panic!("{situation} to {status}: {result:?}"),
            }
        }
    }
}

#[test]
fn a_status_by_patch_is_nobodys_elsewhere() {
    for situation in SITUATIONS {
        for status in Status::ALL {
            let record = situated(situation, Placement::Pooled);
            let result = amend(record.clone(), wants(status.as_str()), later(1));
            if record.status == status {
                assert_eq!(result.unwrap().record, record);
            } else {
                assert!(matches!(result, Err(AmendRefused::Owned { .. })), "{situation} to {status}");
            }
        }
    }
    let invalid = amend(situated("C", Placement::Pooled), wants("Nonsense"), later(1));
    assert!(matches!(invalid, Err(AmendRefused::Invalid { field, .. }) if field.ends_with("registrationStatus")));
}

#[test]
fn a_bare_failure_ends_what_is_under_way_and_else_says_nothing() {
    let bare = Amendment { tenant_status: Some("Failed to provision tenant.".into()), ..Amendment::default() };
    for situation in SITUATIONS {
        let record = situated(situation, Placement::External);
        let after = amend(record.clone(), bare.clone(), later(1)).unwrap().record;
        if ["P.w", "P.r", "D.w", "D.r"].contains(&situation) {
            assert_eq!(after.status, Status::Failed, "{situation}");
            assert!(matches!(&after.operation.unwrap().state, OperationState::Failed { failure, .. }
                if failure.reason == "Failed to provision tenant." && !failure.timed_out));
        } else {
            assert_eq!(after, record, "{situation}");
        }
        let ours = situated(situation, Placement::Pooled);
        assert_eq!(amend(ours.clone(), bare.clone(), later(1)).unwrap().record, ours, "{situation}");
    }
}

#[test]
fn a_failure_by_patch_has_the_text_beside_it_as_its_reason() {
    for (text, reason) in [(Some("no quota"), "no quota"), (None, "the application plane reported a failure")] {
        let amendment = Amendment { tenant_status: text.map(Into::into), ..wants("Failed") };
        let after = amend(situated("P.r", Placement::External), amendment, later(1)).unwrap().record;
        assert!(
            matches!(&after.operation.unwrap().state, OperationState::Failed { failure, .. }
            if failure.reason == reason),
            "{text:?}"
        );
    }
}

#[test]
fn a_new_address_is_the_contact_once_something_may_have_been_made() {
    let to = |record: TenantRecord, address: &str| {
        let sent = Some(attributes(json!({ "email": address })));
        amend(record, Amendment { tenant: sent, ..Amendment::default() }, later(1)).unwrap().record
    };
    for situation in SITUATIONS {
        for placement in Placement::ALL {
            let before = situated(situation, placement);
            let after = to(before.clone(), "new@example.com");
            assert_eq!(after.email.as_str(), "new@example.com");
            let moves = placement == Placement::External || ["P.w", "Fon", "Fon!"].contains(&situation);
            let signs_in = if moves { &after.email } else { &before.email };
            assert_eq!(after.sign_in_email(), signs_in, "{situation} {placement}");
            assert_eq!(after.other_contact().is_some(), !moves && placement == Placement::Pooled, "{situation}");
            // The first one stays, however often the contact changes.
            assert_eq!(to(after.clone(), "newer@example.com").sign_in_email() == &before.email, !moves, "{situation}");
            assert_eq!(to(after, before.email.as_str()), before, "{situation}");
        }
    }
}

#[test]
fn a_status_that_contradicts_its_report_is_named() {
    for (placement, verdict, status, named) in [
        (Placement::External, Verdict::Success, "created", false),
        (Placement::External, Verdict::Success, "Deleted", true),
        (Placement::External, failure(), "Failed", false),
        (Placement::External, failure(), "Created", true),
        (Placement::Pooled, failure(), "Created", true),
        (Placement::Pooled, failure(), "Failed", false),
    ] {
        let record = situated("P.r", placement);
        let mut sent = report(&record, verdict);
        sent.registration_data = attributes(json!({ "registrationStatus": status }));
        let applied = apply(record, sent, later(1)).unwrap();
        assert_eq!(applied.dropped.contains(&"registrationStatus".to_owned()), named, "{placement} {status}");
    }
}

#[test]
fn a_report_finds_room_for_its_configuration_beside_all_a_client_may_keep() {
    let fill = |bytes: usize| Some(attributes(json!({ "note": "x".repeat(bytes) })));
    let record = situated("P.r", Placement::External);
    let room = MAX_CLIENT_BYTES - serde_json::to_vec(&record.tenant).unwrap().len() - r#","note":"""#.len();
    let over = Amendment { tenant: fill(room + 1), ..Amendment::default() };
    assert!(matches!(amend(record.clone(), over, later(1)), Err(AmendRefused::Invalid { .. })));
    let most = Amendment { tenant: fill(room), ..Amendment::default() };
    let record = amend(record, most, later(1)).unwrap().record;

    let config = "c".repeat(7 * 1024);
    let mut sent = report(&record, Verdict::Success);
    sent.tenant_data = attributes(json!({ "tenantConfig": config }));
    let applied = apply(record, sent, later(1)).unwrap();
    assert_eq!(applied.dropped, Vec::<String>::new());
    let record = applied.decided.record;
    assert_eq!(record.tenant.text("tenantConfig"), Some(config.as_str()));

    // And whoever filled it can still change it.
    let again = Amendment { tenant: fill(room - 1), ..Amendment::default() };
    assert!(amend(record, again, later(2)).is_ok());
}

#[test]
fn no_prices_are_an_empty_list_in_events() {
    let mut record = situated("C", Placement::External);
    for prices in [None, Some(json!(null))] {
        record.tenant = prices.map(|prices| attributes(json!({ "prices": prices }))).unwrap_or_default();
        for draft in [
            tenantry_contract::event::onboarding_request(&record),
            tenantry_contract::event::offboarding_request(&record),
        ] {
            assert_eq!(draft.detail["prices"], json!([]));
        }
    }
}

#[test]
fn server_owned_members_may_be_sent_back_and_not_changed() {
    let record = situated("C", Placement::Pooled);
    let own = owned(&record);
    for name in SERVER_OWNED {
        for in_tenant in [true, false] {
            let send = |value| {
                let sent = Some(attributes(json!({ name: value, "phone": "1" })));
                let mut amendment = Amendment::default();
                *(if in_tenant { &mut amendment.tenant } else { &mut amendment.registration }) = sent;
                amend(record.clone(), amendment, later(1))
            };
            let kept = send(own[name].clone()).unwrap().record;
            assert_eq!(owned(&kept), own, "{name}");
            assert!(send(json!("Deleted")).is_err(), "{name}");
            assert!(send(json!(null)).is_err(), "{name}");
        }
    }
}

#[test]
fn a_report_cannot_change_them_either_and_what_it_tried_is_named() {
    let record = situated("P.r", Placement::External);
    let mut sent = report(&record, Verdict::Success);
    let evil = json!({
        "tenantId": "other", "tenantRegistrationId": "other", "tenantName": "other", "tier": "premium",
        "sbtaws_active": false, "registrationStatus": "Deleted", "phone": "1",
    });
    sent.tenant_data = attributes(evil.clone());
    sent.registration_data = attributes(evil);
    let applied = apply(record.clone(), sent, later(1)).unwrap();
    let after = applied.decided.record;
    assert_eq!(after.status, Status::Created);
    for name in SERVER_OWNED.into_iter().filter(|n| *n != "registrationStatus") {
        assert_eq!(owned(&after)[name], owned(&record)[name], "{name}");
        assert_eq!(applied.dropped.iter().filter(|d| *d == name).count(), 2, "{name}");
        assert!(after.tenant.get(name).is_none() && after.registration.get(name).is_none(), "{name}");
    }
    assert_eq!(after.tenant.text("phone"), Some("1"));
}

#[test]
fn flags_are_words_and_the_configuration_is_text_however_they_came() {
    let record = situated("P.r", Placement::External);
    assert_eq!(tenantry_contract::event::onboarding_request(&record).detail["useRProxy"], "true", "unless it was sent");
    let sent = json!({ "useRProxy": false, "tenantConfig": { "userPoolId": "p" } });
    let amendment = Amendment { tenant: Some(attributes(sent)), ..Amendment::default() };
    let record = amend(record, amendment, later(1)).unwrap().record;
    let draft = tenantry_contract::event::onboarding_request(&record);
    assert_eq!(draft.detail["useRProxy"], "false");
    assert_eq!(draft.detail["useEc2"], "false");
    assert_eq!(draft.detail["tenantConfig"], r#"{"userPoolId":"p"}"#);
    assert_eq!(record.tenant_config().unwrap()["userPoolId"], "p");
}

/// The server-owned members as they are shown.
fn owned(record: &TenantRecord) -> serde_json::Map<String, serde_json::Value> {
    let mut view = record.registration_view();
    view.extend(record.tenant_view());
    view.retain(|name, _| SERVER_OWNED.contains(&name.as_str()));
    view
}
