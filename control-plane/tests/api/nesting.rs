//! What nests too deep to be read again is refused wherever it comes in.

use serde_json::{Value, json};

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
