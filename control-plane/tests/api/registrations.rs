//! Tenants come, change and go.

use serde_json::{Value, json};

use crate::stand::{Answer, Stand, read, registration};

async fn post(stand: &Stand, body: &Value) -> Answer {
    stand.call("POST", "/tenant-registrations", Some(body)).await
}

async fn count(stand: &Stand) -> usize {
    stand.call("GET", "/tenants?limit=100", None).await.is(200)["data"].as_array().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn a_registration_begins_an_onboarding() {
    let stand = Stand::new().await;
    let mut body = registration("acme", "BASIC");
    body["tenantId"] = "mine".into();
    body["tenantData"]["useRProxy"] = true.into();
    body["tenantData"]["tenantId"] = "mine".into();
    body["tenantRegistrationData"] = json!({"registrationStatus": "Created", "note": "n"});
    let data = post(&stand, &body).await.is(201)["data"].clone();
    assert_eq!(data["message"], "Tenant registration initiated");

    let (id, tenant_id) = (data["tenantRegistrationId"].as_str().unwrap(), data["tenantId"].as_str().unwrap());
    assert_ne!(tenant_id, "mine");
    for either in [id, tenant_id] {
        let got = stand.call("GET", &format!("/tenant-registrations/{either}"), None).await.is(200);
        let expected = json!({"data": {"tenantRegistrationId": id, "tenantId": tenant_id, "note": "n",
            "registrationStatus": "In progress", "sbtaws_active": true}});
        assert_eq!(got, expected);
    }
    let tenant = stand.call("GET", &format!("/tenants/{tenant_id}"), None).await.is(200);
    let expected = json!({"data": {"tenantRegistrationId": id, "tenantId": tenant_id, "tenantName": "acme",
        "email": "acme@example.com", "tier": "BASIC", "useRProxy": "true", "sbtaws_active": true,
        "registrationStatus": "In progress"}});
    assert_eq!(tenant, expected);

    let listed = stand.call("GET", "/tenants", None).await.is(200);
    assert_eq!(listed["data"][0], expected["data"], "a list shows the status, too");

    let operations = stand.call("GET", &format!("/tenants/{tenant_id}/operations"), None).await.is(200);
    let operation = &operations["data"][0];
    assert_eq!(operation["operationId"], data["operationId"]);
    assert_eq!((&operation["kind"], &operation["status"]), (&json!("onboard"), &json!("waiting")));
    let path = format!("/operations/{}", data["operationId"].as_str().unwrap());
    assert_eq!(stand.call("GET", &path, None).await.is(200)["data"], *operation);
}

#[tokio::test(start_paused = true)]
async fn bad_bodies_are_refused_and_nothing_is_written() {
    let stand = Stand::new().await;
    let many = json!({"tenantData": {"tenantName": "A", "email": "x", "tier": "gold", "useFederation": "true"}});
    let faults = post(&stand, &many).await.faults(422);
    assert_eq!(faults, ["tenantData.tenantName", "tenantData.email", "tenantData.tier", "tenantData.useFederation"]);
    let path = "/tenant-registrations";
    let token = format!("Bearer {}", stand.token);
    let sent = |kind: &'static str, body: Vec<u8>| {
        let token = token.clone();
        let stand = &stand;
        async move {
            let headers = [("authorization", token.as_str()), ("content-type", kind)];
            read(stand.send("POST", path, &headers, body).await).await
        }
    };
    sent("application/json", b"{\"tenantData\"".to_vec()).await.faults(400);
    sent("text/plain", b"{}".to_vec()).await.faults(415);
    sent("application/json", vec![b' '; 1024 * 1024]).await.faults(413);
    assert_eq!(sent("application/json", b"[]".to_vec()).await.faults(422), ["body"]);
    assert_eq!(count(&stand).await, 0);
}

#[tokio::test(start_paused = true)]
async fn names_and_pooled_emails_are_taken_once() {
    let stand = Stand::new().await;
    stand.register("acme", "basic").await;
    assert_eq!(post(&stand, &registration("acme", "premium")).await.faults(409), ["tenantData.tenantName"]);
    let mut same_mail = registration("other", "basic");
    same_mail["tenantData"]["email"] = "ACME@example.com".into();
    assert_eq!(post(&stand, &same_mail).await.faults(409), ["tenantData.email"]);
    assert_eq!(count(&stand).await, 1);
}

#[tokio::test(start_paused = true)]
async fn server_owned_attributes_stay() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "basic").await;
    let tenant = format!("/tenants/{}", data["tenantId"].as_str().unwrap());
    let registration = format!("/tenant-registrations/{}", data["tenantRegistrationId"].as_str().unwrap());

    let same = json!({"tenantName": "acme", "tier": "Basic", "phone": "1"});
    let put = stand.call("PUT", &tenant, Some(&same)).await.is(200);
    assert_eq!((&put["data"]["phone"], &put["data"]["tier"]), (&json!("1"), &json!("basic")));
    for (body, field) in [
        (json!({"tier": "premium"}), "tier"),
        (json!({"sbtaws_active": false}), "sbtaws_active"),
        (json!({"tenantId": "x"}), "tenantId"),
    ] {
        assert_eq!(stand.call("PUT", &tenant, Some(&body)).await.faults(409), [field]);
        let patch = json!({"tenantData": body});
        let faults = stand.call("PATCH", &registration, Some(&patch)).await.faults(409);
        assert_eq!(faults, [format!("tenantData.{field}")]);
    }
    for (status, code) in [("Created", 409), ("Resting", 422), ("in PROGRESS", 200)] {
        let patch = json!({"tenantRegistrationData": {"registrationStatus": status}});
        assert_eq!(stand.call("PATCH", &registration, Some(&patch)).await.status, code, "{status}");
    }
    assert_eq!(stand.call("PUT", &tenant, Some(&json!({"email": "x"}))).await.faults(422), ["email"]);
    assert_eq!(stand.call("PUT", &tenant, Some(&json!({"useEc2": true}))).await.faults(422), ["useEc2"]);
    let patch = json!({"tenantData": [], "tenantStatus": 1});
    assert_eq!(stand.call("PATCH", &registration, Some(&patch)).await.faults(422), ["tenantData", "tenantStatus"]);
}

#[tokio::test(start_paused = true)]
async fn an_offboarding_shows_at_once_and_repeats_harmlessly() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "basic").await;
    let tenant = data["tenantId"].as_str().unwrap();
    let path = format!("/tenant-registrations/{tenant}");
    let expected = json!({"data": {"message": "Tenant registration deletion initiated"}});
    for _ in 0..2 {
        assert_eq!(stand.call("DELETE", &path, Some(&json!({"ignored": true}))).await.is(200), expected);
    }
    let got = stand.call("GET", &path, None).await.is(200)["data"].clone();
    assert_eq!((&got["registrationStatus"], &got["sbtaws_active"]), (&json!("Deleting"), &json!(false)));
    let operations = stand.call("GET", &format!("/tenants/{tenant}/operations"), None).await.is(200);
    let states: Vec<_> = operations["data"].as_array().unwrap().iter().map(|o| o["status"].clone()).collect();
    assert_eq!(states, [json!("waiting"), json!("superseded")]);
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_can_be_retried() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "partner").await;
    let id = data["tenantRegistrationId"].as_str().unwrap();
    let (path, retry) = (format!("/tenant-registrations/{id}"), format!("/tenant-registrations/{id}/retry"));
    stand.call("POST", &retry, None).await.faults(409);
    stand.call("PATCH", &path, Some(&json!({"tenantStatus": "no room"}))).await.is(200);
    let patched = stand.call("PATCH", &path, Some(&json!({}))).await.is(200);
    assert_eq!(patched["data"]["tenant"]["tenantName"], "acme", "it is there though nothing was sent for it");
    let operation = stand.call("GET", &format!("/operations/{}", data["operationId"].as_str().unwrap()), None).await;
    assert_eq!(operation.is(200)["data"]["failure"]["reason"], "no room");

    let again = stand.call("POST", &retry, None).await.is(200)["data"].clone();
    assert_eq!(again["operationId"], data["operationId"]);
    assert_eq!(stand.record(&data["tenantId"]).await.operation.unwrap().attempt, 2);
    stand.call("POST", "/tenant-registrations/nope/retry", None).await.faults(404);
}

#[tokio::test(start_paused = true)]
async fn pages_hold_everything_once_and_tokens_belong_to_their_list() {
    let stand = Stand::new().await;
    for n in 0..7 {
        stand.register(&format!("t{n}"), "basic").await;
    }
    for list in ["/tenants", "/tenant-registrations"] {
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            // Clients put it into a query as it stands.
            let page = stand.call("GET", &format!("{list}?limit=3&next_token={token}"), None).await.is(200);
            let items = page["data"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["tenantId"].to_string()));
            let Some(next) = page["next_token"].as_str() else { break };
            assert_eq!(items.len(), 3, "a page that is not the last is full");
            token = next.to_owned();
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 7, "{list}");
    }
    let first = stand.call("GET", "/tenants?limit=3", None).await.is(200);
    let token = first["next_token"].as_str().unwrap();
    let other = format!("/tenant-registrations?next_token={token}");
    assert_eq!(stand.call("GET", &other, None).await.faults(422), ["next_token"]);
    let both = "/tenants?limit=0&next_token=made-up";
    assert_eq!(stand.call("GET", both, None).await.faults(422), ["limit", "next_token"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_404_in_sbts_words() {
    let stand = Stand::new().await;
    for (method, path, text) in [
        ("GET", "/tenant-registrations/no%20pe", "Tenant registration not found for id no pe"),
        ("PATCH", "/tenant-registrations/nope", "Tenant registration not found for id nope"),
        ("DELETE", "/tenant-registrations/nope", "Tenant registration not found for id nope"),
        ("GET", "/tenants/nope", "Tenant not found for id nope"),
        ("PUT", "/tenants/nope", "Tenant nope not found."),
        ("GET", "/users/nope", "User nope not found."),
        ("GET", "/tenant-config/nope", "No tenant details found for nope"),
    ] {
        let body = json!({});
        let answer = stand.call(method, path, (method != "GET").then_some(&body)).await;
        assert_eq!(answer.is(404)["message"], text, "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_application_plane_can_do_is_accepted_and_passed_on() {
    let stand = Stand::new().await;
    let mut body = registration("acme", "partner");
    body["tenantData"]["useEc2"] = true.into();
    body["tenantData"]["useFederation"] = "true".into();
    let data = post(&stand, &body).await.is(201)["data"].clone();
    let events = stand.call("GET", "/events?detailType=sbt_aws_onboardingRequest", None).await.is(200);
    let detail = &events["data"][0]["detail"];
    for flag in ["useEc2", "useFederation", "useRProxy"] {
        assert_eq!(detail[flag], "true", "{flag}");
    }
    let tenant = format!("/tenants/{}", data["tenantId"].as_str().unwrap());
    stand.call("PUT", &tenant, Some(&json!({"useEc2": false}))).await.is(200);
    stand.call("PUT", &tenant, Some(&json!({"useEc2": true}))).await.is(200);
    assert_eq!(stand.call("PUT", &tenant, Some(&json!({"useEc2": 1}))).await.faults(422), ["useEc2"]);
}
