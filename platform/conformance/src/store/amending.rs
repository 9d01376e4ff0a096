use serde_json::json;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::lifecycle::{AmendRefused, Amendment};
use tenantry_contract::status::Status;
use tenantry_ports::store::{AmendOutcome, Registered};

use super::same;
use crate::make::{attributes, new_tenant, registration_id, report, together};
use crate::subject::Subject;

fn tenant(json: &serde_json::Value) -> Amendment {
    Amendment { tenant: Some(attributes(json)), ..Amendment::default() }
}

pub async fn an_amendment_is_merged(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let both = Amendment {
        tenant: Some(attributes(&json!({ "phone": "1", "tenantName": "acme" }))),
        registration: Some(attributes(&json!({ "campaign": "autumn" }))),
        tenant_status: None,
    };
    let AmendOutcome::Amended(after) = s.store.amend(&record.registration_id, both).await.unwrap() else {
        panic!("not amended")
    };
    same(&after.tenant, &json!({ "colour": "blue", "phone": "1" }));
    same(&after.registration, &json!({ "campaign": "autumn" }));
    assert_eq!(s.kept(&record).await, *after);
    assert_eq!(after.operation, record.operation);
    let unknown = s.store.amend(&registration_id("nope"), tenant(&json!({ "a": 1 }))).await.unwrap();
    assert_eq!(unknown, AmendOutcome::NotFound);
}

pub async fn amendments_at_once_lose_nothing(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    together(12, |n| {
        let (store, id) = (s.store.clone(), record.registration_id.clone());
        let sent = attributes(&json!({ format!("k{n}"): n }));
        let amendment = Amendment { tenant: Some(sent), ..Amendment::default() };
        async move {
            let outcome = store.amend(&id, amendment).await.unwrap();
            assert!(matches!(outcome, AmendOutcome::Amended(_)));
        }
    })
    .await;
    let kept = s.kept(&record).await;
    assert!((0..12).all(|n| kept.tenant.get(&format!("k{n}")) == Some(&json!(n))), "{:?}", kept.tenant);
}

pub async fn a_refused_amendment_writes_nothing(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    for (sent, field) in [
        (json!({ "phone": "1", "tier": "gold" }), "tenantData.tier"),
        (json!({ "phone": "1", "email": "nonsense" }), "tenantData.email"),
    ] {
        match s.store.amend(&record.registration_id, tenant(&sent)).await.unwrap() {
            AmendOutcome::Refused(AmendRefused::Owned { field: at } | AmendRefused::Invalid { field: at, .. }) => {
                assert_eq!(at, field);
            }
            other => panic!("not refused: {other:?}"),
        }
    }
    assert_eq!(s.kept(&record).await, record);
}

pub async fn a_changed_address_is_unique_and_frees_the_old_one(s: Subject) {
    let first = s.new_tenant("first", Placement::Pooled).await;
    let second = s.new_tenant("second", Placement::Pooled).await;
    let change = |to: &str| s.store.amend(&second.registration_id, tenant(&json!({ "email": to })));
    assert_eq!(change("First@Example.com").await.unwrap(), AmendOutcome::EmailTaken);
    assert_eq!(s.kept(&second).await, second);
    assert!(matches!(change("second@example.com").await.unwrap(), AmendOutcome::Amended(_)));
    assert!(matches!(change("third@example.com").await.unwrap(), AmendOutcome::Amended(_)));
    assert_eq!(s.kept(&second).await.email.as_str(), "third@example.com");

    let mut third = new_tenant("third", Placement::Pooled);
    assert_eq!(s.store.register(third.clone(), None).await.unwrap(), Registered::EmailTaken);
    third.email = second.email.clone();
    assert!(matches!(s.store.register(third, None).await.unwrap(), Registered::New(_)));
    assert_eq!(s.kept(&first).await, first);
}

pub async fn the_address_an_admin_signs_in_with_stays_taken(s: Subject) {
    s.new_tenant("first", Placement::Pooled).await;
    let made = s.new_tenant("second", Placement::Pooled).await;
    let made = s.told(report(&made, Verdict::Success, "e1")).await;
    let change = |to: &str| s.store.amend(&made.registration_id, tenant(&json!({ "email": to })));
    assert_eq!(change("First@Example.com").await.unwrap(), AmendOutcome::EmailTaken);
    assert_eq!(s.kept(&made).await, made);
    assert!(matches!(change("contact@example.com").await.unwrap(), AmendOutcome::Amended(_)));
    let kept = s.kept(&made).await;
    assert_eq!((kept.email.as_str(), kept.sign_in_email()), ("contact@example.com", &made.email));

    let mut third = new_tenant("third", Placement::Pooled);
    third.email = made.email.clone();
    assert_eq!(s.store.register(third.clone(), None).await.unwrap(), Registered::EmailTaken);
    // Nobody signs in with a contact.
    third.email = kept.email.clone();
    assert!(matches!(s.store.register(third, None).await.unwrap(), Registered::New(_)));
    assert!(matches!(change("second@example.com").await.unwrap(), AmendOutcome::Amended(_)));
    assert_eq!(s.kept(&made).await.sign_in, None);
    assert_eq!(change("contact@example.com").await.unwrap(), AmendOutcome::EmailTaken);
}

pub async fn a_patch_reports_for_an_external_tenant(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let created = Amendment {
        tenant: Some(attributes(&json!({ "tenantConfig": "{}" }))),
        registration: Some(attributes(&json!({ "registrationStatus": "created" }))),
        tenant_status: None,
    };
    let AmendOutcome::Amended(after) = s.store.amend(&record.registration_id, created.clone()).await.unwrap() else {
        panic!("not amended")
    };
    assert_eq!((after.status, after.tenant.text("tenantConfig")), (Status::Created, Some("{}")));
    let operation = after.operation.clone().unwrap();
    assert_eq!(s.store.operation(&operation.id).await.unwrap(), Some(operation));
    assert_eq!(s.event_names(&after).await, ["sbt_aws_onboardingRequest", "tenantry_operationEnded"]);

    let ours = s.new_tenant("ours", Placement::Pooled).await;
    let refused = s.store.amend(&ours.registration_id, created).await.unwrap();
    assert!(matches!(refused, AmendOutcome::Refused(AmendRefused::Owned { .. })), "{refused:?}");
    assert_eq!(s.kept(&ours).await, ours);
}
