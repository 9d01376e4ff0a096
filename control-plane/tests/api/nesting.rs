//! What nests too deep to be read again is refused wherever it comes in.

use serde_json::{Value, json};
use tenantry_conformance::make::new_tenant;
use tenantry_contract::catalogue::Placement;
use tenantry_ports::store::{Registered, TenantStore};

use crate::stand::{Stand, read, registration};

/// `levels` arrays, one in the other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[tokio::test(start_paused = true)]
async fn a_member_that_nests_too_deep_is_refused_and_named_on_every_route() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "partner").await;
    let before = stand.record(&data["tenantId"]).await;
    let (tenant, registration_id) =
        (data["tenantId"].as_str().unwrap(), data["tenantRegistrationId"].as_str().unwrap());
    let (put, patch) = (format!("/tenants/{tenant}"), format!("/tenant-registrations/{registration_id}"));
    for deep in [65, 120, 126] {
        let config = json!({ "a": nested(deep.min(120)) });
        let mut new = registration("other", "basic");
        new["tenantData"]["note"] = nested(deep);
        let mut in_registration = registration("other", "basic");
        in_registration["tenantRegistrationData"] = json!({ "note": nested(deep) });
        for (method, path, body, field) in [
            ("POST", "/tenant-registrations", new, "tenantData.note"),
            ("POST", "/tenant-registrations", in_registration, "tenantRegistrationData.note"),
            ("PUT", put.as_str(), json!({ "note": nested(deep) }), "note"),
            ("PUT", put.as_str(), json!({ "tenantConfig": config }), "tenantConfig"),
            ("PATCH", patch.as_str(), json!({ "tenantData": { "note": nested(deep) } }), "tenantData.note"),
            (
                "PATCH",
                patch.as_str(),
                json!({ "tenantRegistrationData": { "registrationStatus": "Created", "note": nested(deep) } }),
                "tenantRegistrationData.note",
            ),
        ] {
            assert_eq!(stand.call(method, path, Some(&body)).await.faults(422), [field], "{method} {path} {deep}");
        }
    }
    // The text of a configuration counts as what it says.
    let text = json!({ "tenantConfig": json!({ "a": nested(65) }).to_string() });
    assert_eq!(stand.call("PUT", &put, Some(&text)).await.faults(422), ["tenantConfig"]);
    assert_eq!(stand.record(&data["tenantId"]).await, before);

    stand.call("PUT", &put, Some(&json!({ "note": nested(64) }))).await.is(200);
    assert_eq!(stand.call("GET", &put, None).await.is(200)["data"]["note"], nested(64));
    assert_eq!(stand.call("GET", "/events?limit=100", None).await.is(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_no_reader_takes_is_refused_the_same_way() {
    let stand = Stand::new().await;
    let deep = format!("{{\"tenantData\":{{\"note\":{}1{}}}}}", "[".repeat(5_000), "]".repeat(5_000));
    let token = format!("Bearer {}", stand.token);
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    for path in ["/tenant-registrations", "/users"] {
        let answer = read(stand.send("POST", path, &headers, deep.clone().into_bytes()).await).await;
        assert_eq!(answer.faults(422), ["tenantData.note"], "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_cannot_be_read_is_listed_exported_and_offboarded() {
    let stand = Stand::new().await;
    stand.register("first", "basic").await;
    let mut new = new_tenant("deep", Placement::Pooled);
    new.tenant.0.insert("note".into(), nested(126));
    let Registered::New(record) = stand.db.register(new, None).await.unwrap() else { panic!("not registered") };
    let (tenant, id) = (record.tenant_id.as_str(), record.registration_id.as_str());
    for list in ["/tenants", "/tenant-registrations"] {
        let lines = stand.call("GET", list, None).await.is(200)["data"].as_array().unwrap().clone();
        assert_eq!(lines.len(), 2, "{list}");
        let line = lines.iter().find(|line| line["tenantId"] == tenant).unwrap();
        assert_eq!((&line["unreadable"], &line["tenantRegistrationId"]), (&json!(true), &json!(id)), "{list}");
        assert!(line["reason"].as_str().unwrap().contains("recursion"), "{line}");
    }
    let message = stand.call("GET", &format!("/tenants/{tenant}"), None).await.is(500)["message"].clone();
    assert!(message.as_str().unwrap().contains("/raw"), "{message}");
    let raw = stand.call("GET", &format!("/tenants/{tenant}/raw"), None).await.is(200)["data"].clone();
    assert!(raw["text"].as_str().unwrap().contains(&nested(126).to_string()));
    assert_eq!(raw["lost"], json!(["tenant.note"]));
    stand.call("GET", "/tenants/nope/raw", None).await.faults(404);

    stand.call("DELETE", &format!("/tenant-registrations/{id}"), None).await.is(200);
    let after = stand.call("GET", &format!("/tenant-registrations/{tenant}"), None).await.is(200);
    assert_eq!(after["data"]["registrationStatus"], "Deleting");
    let raw = stand.call("GET", &format!("/tenants/{tenant}/raw"), None).await.is(200)["data"].clone();
    assert_eq!(raw["unreadable"], Value::Null);
}
