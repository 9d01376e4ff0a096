//! What a tenant's application asks before anybody has signed in.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use serde_json::{Value, json};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::event::{EventName, Report, Verdict};
use tenantry_control_plane::router;
use tenantry_ports::store::{ApplyOutcome, TenantStore};
use tenantry_web::http::Proxies;
use tower::ServiceExt;

use crate::stand::{Answer, Stand, read};

/// As a browser asks: without a token.
async fn ask(stand: &Stand, path: &str, origin: Option<&str>) -> Answer {
    let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
    read(stand.send("GET", path, &headers, Vec::new()).await).await
}

/// The provisioner's report that all is there.
async fn provisioned(stand: &Stand, data: &Value, config: Value) {
    let record = stand.record(&data["tenantId"]).await;
    let operation = record.operation.clone().unwrap();
    let Value::Object(members) = json!({"tenantConfig": config}) else { unreachable!() };
    let report = Report {
        event_key: Some(EventName::ProvisionSuccess.to_string()),
        registration_id: record.registration_id,
        attempt: Some((operation.id, operation.attempt)),
        kind: Some(operation.kind),
        verdict: Verdict::Success,
        tenant_data: Attributes(members),
        registration_data: Attributes::default(),
    };
    assert!(matches!(stand.db.apply(report).await.unwrap(), ApplyOutcome::Applied { .. }));
}

#[tokio::test(start_paused = true)]
async fn urls_are_rendered_from_the_pool_and_the_gateway() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "basic").await;
    ask(&stand, "/tenant-config/acme", None).await.faults(404);
    provisioned(&stand, &data, json!("{\"userPoolId\":\"local_pool1\",\"appClientId\":\"c1\"}")).await;
    let expected = json!({"userPoolId": "local_pool1", "appClientId": "c1", "apiGatewayUrl": "http://127.0.0.1:8081/",
        "issuer": "http://127.0.0.1:8080/local_pool1"});
    let id = data["tenantId"].as_str().unwrap();
    for (path, origin) in [
        ("/tenant-config/acme".to_owned(), None),
        ("/tenant-config?tenantName=acme".to_owned(), None),
        (format!("/tenant-config?tenantId={id}"), None),
        ("/tenant-config".to_owned(), Some("https://acme.app.example.com")),
        ("/tenant-config?tenantName=".to_owned(), Some("http://acme.localhost:3000")),
    ] {
        assert_eq!(ask(&stand, &path, origin).await.is(200), expected, "{path}");
    }
    let tenant = stand.call("GET", &format!("/tenants/{id}"), None).await.is(200);
    let text = tenant["data"]["tenantConfig"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_configuration_of_a_tenant_that_we_place_is_ours() {
    let stand = Stand::new().await;
    let evil = json!({"userPoolId": "local_evil", "appClientId": "evil"});
    for part in ["tenantData", "tenantRegistrationData"] {
        let mut body = json!({"tenantData": {"tenantName": "acme", "email": "a@example.com", "tier": "basic"}});
        body[part]["tenantConfig"] = evil.clone();
        let answer = stand.call("POST", "/tenant-registrations", Some(&body)).await;
        assert_eq!(answer.faults(422), [format!("{part}.tenantConfig")]);
    }
    let data = stand.register("acme", "basic").await;
    let tenant = format!("/tenants/{}", data["tenantId"].as_str().unwrap());
    let registration = format!("/tenant-registrations/{}", data["tenantRegistrationId"].as_str().unwrap());
    let refused = async || {
        let before = stand.record(&data["tenantId"]).await;
        for config in [evil.clone(), json!({}), json!("{}")] {
            let put = json!({"tenantConfig": config, "phone": "1"});
            assert_eq!(stand.call("PUT", &tenant, Some(&put)).await.faults(409), ["tenantConfig"]);
            for part in ["tenantData", "tenantRegistrationData"] {
                let patch = json!({ part: { "tenantConfig": config } });
                let faults = stand.call("PATCH", &registration, Some(&patch)).await.faults(409);
                assert_eq!(faults, [format!("{part}.tenantConfig")]);
            }
        }
        assert_eq!(stand.record(&data["tenantId"]).await, before);
    };
    refused().await;
    provisioned(&stand, &data, json!("{\"userPoolId\":\"local_pool1\",\"appClientId\":\"c1\"}")).await;
    refused().await;

    // What it is may be sent back: as it is shown, and as it is kept.
    let kept = stand.record(&data["tenantId"]).await.tenant;
    let shown = stand.call("GET", &tenant, None).await.is(200)["data"]["tenantConfig"].clone();
    let object = json!({"appClientId": "c1", "userPoolId": "local_pool1"});
    for same in [shown.clone(), object] {
        let put = stand.call("PUT", &tenant, Some(&json!({ "tenantConfig": same }))).await.is(200);
        assert_eq!(put["data"]["tenantConfig"], shown);
        let patch = json!({"tenantData": {"tenantConfig": same}});
        stand.call("PATCH", &registration, Some(&patch)).await.is(200);
    }
    assert_eq!(stand.record(&data["tenantId"]).await.tenant, kept);
}

#[tokio::test(start_paused = true)]
async fn what_another_application_plane_wrote_is_left_as_it_is() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "partner").await;
    let path = format!("/tenant-registrations/{}", data["tenantRegistrationId"].as_str().unwrap());
    let config = json!({"userPoolId": "us-east-1_abc", "apiGatewayUrl": "https://api.example.com/prod/"});
    let report =
        json!({"tenantData": {"tenantConfig": config}, "tenantRegistrationData": {"registrationStatus": "Created"}});
    stand.call("PATCH", &path, Some(&report)).await.is(200);
    assert_eq!(ask(&stand, "/tenant-config/acme", None).await.is(200), config);

    stand.call("DELETE", &path, None).await.is(200);
    ask(&stand, "/tenant-config/acme", None).await.is(200);
    let gone = json!({"tenantRegistrationData": {"registrationStatus": "Deleted"}});
    stand.call("PATCH", &path, Some(&gone)).await.is(200);
    let id = data["tenantId"].as_str().unwrap();
    for (path, called) in [("/tenant-config/acme".to_owned(), "acme"), (format!("/tenant-config?tenantId={id}"), id)] {
        let message = ask(&stand, &path, None).await.is(404)["message"].clone();
        assert_eq!(message, format!("No tenant details found for {called}"));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_says_which_is_400_and_too_often_is_429() {
    let stand = Stand::new().await;
    assert_eq!(ask(&stand, "/tenant-config", None).await.is(400)["message"], "Origin header missing!");
    let mut last = 0;
    for _ in 0..200 {
        let answer = ask(&stand, "/tenant-config/acme", None).await;
        last = answer.status;
        if last == 429 {
            assert_eq!(answer.headers["retry-after"], "1");
            break;
        }
    }
    assert_eq!(last, 429);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    ask(&stand, "/tenant-config/acme", None).await.faults(404);
}

/// Naming other addresses gets nobody more, unless it is a proxy we trust that names them.
#[tokio::test(start_paused = true)]
async fn the_rate_is_counted_for_whom_a_trusted_proxy_names() {
    let stand = Stand::new().await;
    for (trusted, held_back) in [(vec![], true), (vec!["10.0.0.0/8".parse().unwrap()], false)] {
        let mut cp = stand.cp.clone();
        cp.settings.proxies = Proxies::new(trusted);
        let routes = router(cp).await.unwrap();
        let mut statuses = BTreeSet::new();
        for client in 0..200 {
            let mut request =
                Request::get("/tenant-config/acme").header("x-forwarded-for", format!("192.0.2.{client}"));
            request = request.extension(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711))));
            let answer = routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            statuses.insert(answer.status().as_u16());
        }
        assert_eq!(statuses.contains(&429), held_back, "{statuses:?}");
        assert!(statuses.contains(&404));
    }
}
