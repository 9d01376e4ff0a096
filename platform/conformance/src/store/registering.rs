use serde_json::{Value, json};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{EventName, Verdict};
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::operation::{Failure, OperationKind, OperationState};
use tenantry_contract::status::Status;
use tenantry_ports::bus::Consumer;
use tenantry_ports::log::EventFilter;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Listed, Registered};

use crate::make::{START, attributes, new_tenant, together};
use crate::subject::Subject;

pub async fn a_registration_is_kept_whole(s: Subject) {
    let mut new = new_tenant("acme", Placement::DedicatedServices);
    new.tenant = attributes(&json!({ "prices": [{ "id": "p1" }], "nested": { "a": [1, null, "x\u{1F980}"] } }));
    let record = s.new_tenant_from(new.clone()).await;

    assert_eq!((&record.name, &record.email, &record.tier), (&new.name, &new.email, &new.tier));
    assert_eq!((&record.tenant, &record.registration), (&new.tenant, &new.registration));
    assert_eq!((record.placement, record.status, record.active), (new.placement, Status::InProgress, true));
    assert!(record.created_at >= START && record.created_at <= s.time.now());
    let operation = record.operation.clone().unwrap();
    assert_eq!((operation.kind, operation.attempt), (OperationKind::Onboard, 1));
    assert!(matches!(operation.state, OperationState::Waiting { .. }));

    assert_eq!(s.store.tenant(&record.tenant_id).await.unwrap().as_ref(), Some(&record));
    assert_eq!(s.store.registration(&record.registration_id).await.unwrap().as_ref(), Some(&record));
    assert_eq!(s.store.tenant_named(&record.name).await.unwrap().as_ref(), Some(&record));
    assert_eq!(s.store.operation(&operation.id).await.unwrap(), Some(operation));
}

pub async fn a_registration_and_its_request_are_one_write(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let logged = s.events(&record).await;
    assert_eq!(logged.len(), 1);
    assert_eq!(logged[0].name(), Some(EventName::OnboardingRequest));
    assert_eq!(logged[0].source, "sbt.control.plane");
    assert_eq!(logged[0].text("eventId"), Some(logged[0].key()));
    assert_eq!(logged[0].detail["operationId"], record.operation.as_ref().unwrap().id.as_str());

    let heard = s.taken(Consumer::Provisioner, |events| !events.is_empty()).await;
    assert_eq!(heard[0].key(), logged[0].key());
    assert_eq!(heard[0].detail, logged[0].detail);
    assert_eq!(s.taken(Consumer::ControlPlane, |_| false).await, []);
}

pub async fn of_many_with_one_name_one_gets_it(s: Subject) {
    let store = s.store.clone();
    let results = together(16, |n| {
        let store = store.clone();
        let mut new = new_tenant("acme", Placement::Pooled);
        new.email = Email::parse(format!("ada{n}@example.com")).unwrap();
        async move { store.register(new, None).await.unwrap() }
    })
    .await;
    exactly_one(&s, &results, &Registered::NameTaken).await;
}

pub async fn of_many_pooled_with_one_address_one_gets_it(s: Subject) {
    let store = s.store.clone();
    let results = together(16, |n| {
        let store = store.clone();
        let mut new = new_tenant(&format!("tenant{n}"), Placement::Pooled);
        let address = if n % 2 == 0 { "ada@example.com" } else { "ADA@Example.com" };
        new.email = Email::parse(address).unwrap();
        async move { store.register(new, None).await.unwrap() }
    })
    .await;
    exactly_one(&s, &results, &Registered::EmailTaken).await;
}

async fn exactly_one(s: &Subject, results: &[Registered], otherwise: &Registered) {
    assert_eq!(results.iter().filter(|r| matches!(r, Registered::New(_))).count(), 1);
    assert_eq!(results.iter().filter(|r| *r == otherwise).count(), results.len() - 1);
    assert_eq!(s.store.tenants(PageRequest::first(50)).await.unwrap().items.len(), 1);
    assert_eq!(s.log.recent(&EventFilter::default(), PageRequest::first(50)).await.unwrap().items.len(), 1);
}

pub async fn an_address_counts_among_pooled_tenants_only(s: Subject) {
    let address = Email::parse("ada@example.com").unwrap();
    for (name, placement) in [
        ("a", Placement::DedicatedServices),
        ("b", Placement::Pooled),
        ("c", Placement::DedicatedCluster),
        ("d", Placement::External),
    ] {
        let mut new = new_tenant(name, placement);
        new.email = address.clone();
        s.new_tenant_from(new).await;
    }
    let mut new = new_tenant("e", Placement::Pooled);
    new.email = address;
    assert_eq!(s.store.register(new, None).await.unwrap(), Registered::EmailTaken);
}

pub async fn a_deleted_tenant_frees_its_name_and_address(s: Subject) {
    let old = s.gone_tenant("acme", Placement::Pooled).await;
    assert_eq!((old.status, old.active), (Status::Deleted, false));
    assert_eq!(s.store.tenant_named(&old.name).await.unwrap(), None);

    let new = s.new_tenant("acme", Placement::Pooled).await;
    assert_ne!(new.tenant_id, old.tenant_id);
    assert_eq!(s.store.tenant_named(&old.name).await.unwrap(), Some(new));
    assert_eq!(s.kept(&old).await, old);
    assert_eq!(s.store.tenants(PageRequest::first(10)).await.unwrap().items.len(), 2);
}

pub async fn a_failed_tenant_keeps_its_name_and_address(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    let failure = || Verdict::Failure(Failure::new("no room"));
    let turned = s.reported(&record, failure(), "e1").await;
    let failed = s.reported(&turned, failure(), "e2").await;
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(s.store.tenant_named(&failed.name).await.unwrap(), Some(failed.clone()));

    let mut taken = new_tenant("acme", Placement::External);
    assert_eq!(s.store.register(taken.clone(), None).await.unwrap(), Registered::NameTaken);
    (taken.name, taken.placement) = (TenantName::parse("other").unwrap(), Placement::Pooled);
    assert_eq!(s.store.register(taken, None).await.unwrap(), Registered::EmailTaken);
    assert_eq!(s.begun(&failed, Begin::Retry).await.status, Status::InProgress);
}

pub async fn a_refused_registration_writes_nothing(s: Subject) {
    let first = s.new_tenant("acme", Placement::Pooled).await;
    let mut again = new_tenant("acme", Placement::External);
    again.tier = "gold".into();
    assert_eq!(s.store.register(again, None).await.unwrap(), Registered::NameTaken);
    let listed = s.store.tenants(PageRequest::first(10)).await.unwrap().items;
    assert_eq!(listed, [Listed::Tenant(Box::new(first.clone()))]);
    assert_eq!(s.log.recent(&EventFilter::default(), PageRequest::first(10)).await.unwrap().items.len(), 1);
    assert_eq!(s.store.tiers_in_use().await.unwrap(), [(first.tier, Placement::Pooled)]);
}

pub async fn large_attributes_come_back_whole(s: Subject) {
    let mut new = new_tenant("acme", Placement::Pooled);
    new.tenant = attributes(&json!({ "blob": "x".repeat(80 * 1024) }));
    new.registration = attributes(&json!({ "blob2": "y".repeat(80 * 1024) }));
    let record = s.new_tenant_from(new.clone()).await;
    assert_eq!(s.kept(&record).await.tenant, new.tenant);
    let heard = s.taken(Consumer::Provisioner, |events| !events.is_empty()).await;
    for member in ["blob", "blob2"] {
        assert_eq!(heard[0].detail[member].as_str().map(str::len), Some(80 * 1024));
    }
    assert_eq!(heard[0].detail["sbtaws_active"], Value::Bool(true));
}
