//! What was adopted is served as what was registered here.

use serde_json::json;
use tenantry_conformance::make::new_tenant;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::lifecycle::Begin;
use tenantry_contract::name::TenantName;
use tenantry_contract::status::Status;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{BeginOutcome, Listed, Registered, TenantStore};

use crate::deployment::Deployment;
use crate::support::emulator::Emulator;

async fn tenants_become_ours(emulator: Emulator) {
    let deployment = Deployment::new(emulator).await;
    deployment.has(1, json!({ "phone": "1", "prices": [{ "id": "p1", "amount": 1.5 }] }), json!({})).await;
    deployment
        .has(2, json!({ "tier": "PREMIUM", "tenantConfig": null }), json!({ "registrationStatus": "in progress" }))
        .await;
    deployment.has(3, json!({ "sbtaws_active": false }), json!({ "sbtaws_active": false })).await;
    // Its name is free for others.
    deployment.has(4, json!({ "tenantName": "acme-1" }), json!({ "registrationStatus": "Deleted" })).await;
    deployment.has(5, json!({ "tenantRegistrationId": null, "sbtaws_active": null }), json!({})).await;

    let before = deployment.everything().await;
    let dry = deployment.adopt(true).await;
    assert_eq!(deployment.everything().await, before, "a dry run writes nothing");

    let heard = deployment.adopt(false).await;
    assert_eq!(heard, dry);
    let states = ["Created", "In progress", "Deleting", "Deleted", "Created"];
    let adopted: Vec<_> = heard.adopted.values().map(String::as_str).collect();
    assert_eq!((adopted, heard.ours, heard.unfit.len()), (states.to_vec(), 0, 0));

    let store = deployment.database();
    let page = store.tenants(PageRequest { after: None, limit: 10 }).await.unwrap();
    let records: Vec<_> = page.items.into_iter().filter_map(Listed::record).collect();
    let ids: Vec<_> = records.iter().map(|record| record.tenant_id.as_str()).collect();
    assert_eq!(ids, ["ten-1", "ten-2", "ten-3", "ten-4", "ten-5"]);
    assert!(records.iter().all(|record| record.placement == Placement::External));
    let first = &records[0];
    assert_eq!(first.tenant_view()["prices"], json!([{ "id": "p1", "amount": 1.5 }]));
    assert_eq!(first.tenant_view()["phone"], "1");
    assert_eq!(first.registration_view()["campaign"], "spring");
    assert_eq!(first.tenant_config().unwrap()["userPoolId"], "eu-west-1_a");

    let name = TenantName::parse("acme-1").unwrap();
    assert_eq!(store.tenant_named(&name).await.unwrap().unwrap().tenant_id.as_str(), "ten-1");
    let taken = store.register(new_tenant("acme-2", Placement::Pooled), None).await.unwrap();
    assert_eq!(taken, Registered::NameTaken);

    let (registration, budget) = (RegistrationId::parse("reg-5").unwrap(), Placement::External.default_budget());
    let begun = store.begin(&registration, Begin::Offboard, budget, None, None).await.unwrap();
    assert!(matches!(begun, BeginOutcome::Begun(record) if record.status == Status::Deleting));
    let gone = store.tenant(&TenantId::parse("ten-5").unwrap()).await.unwrap().unwrap();
    assert_eq!(gone.tenant_view()["tenantConfig"], r#"{"userPoolId":"eu-west-1_a"}"#);

    let before = deployment.everything().await;
    let again = deployment.adopt(false).await;
    assert_eq!((again.adopted.len(), again.ours, again.unfit.len()), (0, 5, 0));
    assert_eq!(deployment.everything().await, before, "a second run changes nothing");
}

#[tokio::test]
async fn ministack() {
    tenants_become_ours(Emulator::ministack()).await;
}

#[tokio::test]
async fn moto() {
    tenants_become_ours(Emulator::moto()).await;
}
