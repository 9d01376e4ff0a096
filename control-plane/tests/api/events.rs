//! The event log, a page at a time and live.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;
use tenantry_contract::event::EventName;
use tenantry_ports::bus::Bus;
use tokio::time::{Instant, timeout};

use crate::issuer::claims;
use crate::stand::{NOW, Stand};

struct Live(BodyDataStream);

impl Live {
    async fn open(stand: &Stand, path: &str, last: Option<&str>) -> Self {
        let bearer = format!("Bearer {}", stand.token);
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(last.map(|id| ("last-event-id", id)));
        Self::of(stand.send("GET", path, &headers, Vec::new()).await)
    }

    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    /// The next frame as it is on the wire; none at the end.
    async fn frame(&mut self) -> Option<String> {
        let next = timeout(Duration::from_secs(3600), self.0.next()).await.expect("a frame within the hour");
        next.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
    }

    /// The next event: its id, type and data.
    async fn event(&mut self) -> (String, String, Value) {
        loop {
            let frame = self.frame().await.expect("an event");
            let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let (Some(id), Some(kind), Some(data)) = (field("id:"), field("event:"), field("data:")) {
                return (id.to_owned(), kind.to_owned(), serde_json::from_str(data).unwrap());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn recent_events_come_newest_first_and_can_be_narrowed() {
    let stand = Stand::new().await;
    let one = stand.register("one", "basic").await;
    let two = stand.register("two", "basic").await;
    let names = |page: &Value| -> Vec<Value> {
        page["data"].as_array().unwrap().iter().map(|event| event["detail"]["tenantName"].clone()).collect()
    };
    let all = stand.call("GET", "/events", None).await.is(200);
    assert_eq!(names(&all), ["two", "one"]);
    assert_eq!(all["data"][0]["detail-type"], "sbt_aws_onboardingRequest");
    let theirs = format!("/events?tenantId={}", one["tenantId"].as_str().unwrap());
    assert_eq!(names(&stand.call("GET", &theirs, None).await.is(200)), ["one"]);
    let none = "/events?detailType=sbt_aws_offboardingRequest";
    assert!(names(&stand.call("GET", none, None).await.is(200)).is_empty());

    let first = stand.call("GET", "/events?limit=1", None).await.is(200);
    let token = first["next_token"].as_str().unwrap();
    let second = stand.call("GET", &format!("/events?limit=1&next_token={token}"), None).await.is(200);
    assert_eq!(names(&second), ["one"]);
    let elsewhere = format!("/events?tenantId={}&next_token={token}", two["tenantId"].as_str().unwrap());
    assert_eq!(stand.call("GET", &elsewhere, None).await.faults(422), ["next_token"]);
    assert_eq!(stand.call("GET", "/events?tenantId=a%20b", None).await.faults(422), ["tenantId"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_where_it_was_left() {
    let stand = Stand::new().await;
    stand.register("before", "basic").await;
    let mut live = Live::open(&stand, "/events/stream", None).await;
    let one = stand.register("one", "basic").await;
    let (id, kind, data) = live.event().await;
    assert_eq!(kind, "sbt_aws_onboardingRequest");
    assert_eq!(data["detail"]["tenantId"], one["tenantId"]);
    drop(live);

    let two = stand.register("two", "basic").await;
    let mut live = Live::open(&stand, "/events/stream", Some(&id)).await;
    assert_eq!(live.event().await.2["detail"]["tenantId"], two["tenantId"]);

    let narrowed = format!("/events/stream?tenantId={}", two["tenantId"].as_str().unwrap());
    let mut theirs = Live::open(&stand, &narrowed, None).await;
    stand.register("three", "basic").await;
    let path = format!("/tenant-registrations/{}", two["tenantRegistrationId"].as_str().unwrap());
    stand.call("DELETE", &path, None).await.is(200);
    let (_, _, event) = theirs.event().await;
    assert_eq!(event["detail"]["tenantId"], two["tenantId"]);

    let bearer = format!("Bearer {}", stand.token);
    for bad in ["made-up", id.as_str()] {
        let headers = [("authorization", bearer.as_str()), ("last-event-id", bad)];
        let response = stand.send("GET", &narrowed, &headers, Vec::new()).await;
        assert_eq!(crate::stand::read(response).await.faults(422), ["Last-Event-ID"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_has_a_heartbeat_and_ends_with_the_server() {
    let stand = Stand::new().await;
    let mut live = Live::open(&stand, "/events/stream", None).await;
    for _ in 0..5 {
        let asked = Instant::now();
        assert!(live.frame().await.unwrap().starts_with(':'));
        assert!(asked.elapsed() <= Duration::from_secs(15));
    }
    stand.cp.stop.cancel();
    assert_eq!(live.frame().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_token() {
    let mut stand = Stand::new().await;
    stand.token = stand.known.admins.token("k1", &claims(serde_json::json!({"exp": NOW + 60})));
    let mut live = Live::open(&stand, "/events/stream", None).await;
    let opened = Instant::now();
    while live.frame().await.is_some() {}
    assert!(opened.elapsed() <= Duration::from_secs(61), "{:?}", opened.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_client_has_so_many_streams_and_all_together_have() {
    let stand = Stand::new().await;
    let open = async |sub: &str| {
        let token = stand.known.admins.token("k1", &claims(serde_json::json!({ "sub": sub })));
        let bearer = format!("Bearer {token}");
        stand.send("GET", "/events/stream", &[("authorization", bearer.as_str())], Vec::new()).await
    };
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Live::of(open("ada").await));
    }
    let refused = crate::stand::read(open("ada").await).await;
    refused.faults(429);
    assert_eq!(refused.headers["retry-after"], "10");
    // One that is closed, by either end, makes room for another.
    drop(streams.pop());
    streams.push(Live::of(open("ada").await));
    let most = 500.min(tenantry_web::serve::places() / 2);
    for nth in streams.len()..most {
        streams.push(Live::of(open(&format!("client-{}", nth / 20)).await));
    }
    let refused = crate::stand::read(open("late").await).await;
    refused.faults(503);
    assert_eq!(refused.headers["retry-after"], "10");
    drop(streams);
    Live::of(open("late").await);
}

/// Another application plane names the registration only; the list finds its reports, and so does the stream.
#[tokio::test(start_paused = true)]
async fn a_tenants_stream_has_reports_that_name_its_registration_alone() {
    let stand = Stand::new().await;
    let (one, two) = (stand.register("one", "basic").await, stand.register("two", "basic").await);
    let theirs = format!("?tenantId={}", one["tenantId"].as_str().unwrap());
    let mut live = Live::open(&stand, &format!("/events/stream{theirs}"), None).await;
    let report = |of: &Value, id: &str| {
        let detail = serde_json::json!({ "tenantRegistrationId": of["tenantRegistrationId"] });
        tenantry_conformance::make::foreign_event(EventName::ProvisionSuccess, id, &detail)
    };
    stand.db.publish(vec![report(&two, "e2"), report(&one, "e1")]).await.unwrap();
    let (_, kind, event) = live.event().await;
    assert_eq!((kind.as_str(), &event["id"]), ("sbt_aws_provisionSuccess", &"e1".into()));
    let listed = stand.call("GET", &format!("/events{theirs}"), None).await.is(200);
    assert_eq!(listed["data"][0]["id"], "e1");
}
