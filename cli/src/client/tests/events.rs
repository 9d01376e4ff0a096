//! Events, past and present.

use serde_json::{Value, json};

use super::fake::Fake;
use super::shell;

fn event(n: u32) -> Value {
    json!({ "id": format!("e{n}"), "time": "2026-11-22T10:00:00.000Z", "detail-type": "tenantry_provisionProgress",
        "detail": { "tenantId": "t1", "n": n,
            "steps": [{ "action": "create", "name": "user/admin", "state": "done" }] } })
}

fn frame(n: u32) -> String {
    format!("id: {n}\nevent: x\ndata: {}\n\n", event(n))
}

#[tokio::test]
async fn a_tail_goes_on_where_a_stream_ended() {
    let fake = Fake::signed_in().await;
    let line = "GET /events/stream?tenantId=t1&detailType=x";
    fake.on(line, 200, frame(1) + &frame(2)).on(line, 503, json!({ "message": "Not ready." })).on(line, 200, frame(3));
    let out = shell(&fake, "events tail --tenant t1 --type x --count 3 --json").await.well();
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events, [event(1), event(2), event(3)]);
    let asked: Vec<_> = fake.asked(line);
    assert_eq!(asked[0].header("last-event-id"), None);
    assert_eq!(asked[2].header("last-event-id"), Some("2"));
    assert_eq!(asked[0].header("accept"), Some("text/event-stream"));
}

#[tokio::test]
async fn a_line_for_people() {
    let fake = Fake::signed_in().await;
    fake.on("GET /events/stream", 200, frame(1));
    let out = shell(&fake, "events tail --count 1").await.well();
    let expected = "2026-11-22T10:00:00.000Z  tenantry_provisionProgress  t1  create user/admin done\n";
    assert_eq!(out, expected);
    fake.on("GET /events?limit=50", 200, json!({ "data": [event(1)] }));
    assert!(shell(&fake, "events list").await.well().contains("tenantry_provisionProgress"));
}

#[tokio::test]
async fn a_tail_that_may_not_begin_says_so() {
    let fake = Fake::signed_in().await;
    fake.on("GET /events/stream", 403, json!({ "message": "The token lacks the scope tenant/tenant_read." }));
    let done = shell(&fake, "events tail").await;
    assert_eq!(done.error(), "The token lacks the scope tenant/tenant_read. (403)");
}
