//! Bodies and queries that are wrong name the field and the rule.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tenantry_web::{Json, Query, harden};

use crate::support::{Answer, options, request, send};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sent {
    name: String,
    inner: Inner,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inner {
    how_many: u32,
    #[serde(default)]
    list: Vec<u8>,
}

#[derive(Deserialize)]
struct Asked {
    limit: u32,
}

fn router() -> Router {
    let routes = Router::new()
        .route("/echo", post(async |Json(sent): Json<Sent>| Json(sent)))
        .route("/list", get(async |Query(asked): Query<Asked>| asked.limit.to_string()));
    harden(routes, options())
}

async fn echo(content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::post("/echo").header("host", "localhost");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    send(&router(), request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn good_json_comes_back() {
    let sent = json!({ "name": "acme", "inner": { "howMany": 3, "list": [1] } });
    for content_type in ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"] {
        let answer = echo(Some(content_type), sent.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, sent.clone()));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn another_content_type_is_415() {
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("json")] {
        echo(content_type, "{}").await.problem(415);
    }
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    for body in ["", "{", "{'name':1}", "{\"name\":\"a\",\"inner\":{\"howMany\":1}} x", "\u{feff}{}"] {
        echo(Some("application/json"), body).await.problem(400);
    }
}

#[tokio::test]
async fn json_of_another_shape_is_422_naming_the_field() {
    for (body, field, rule) in [
        (json!({}), "name", "missing field"),
        (json!({ "name": 5, "inner": { "howMany": 1 } }), "name", "expected a string"),
        (json!({ "name": "a", "inner": {} }), "inner.howMany", "missing field"),
        (json!({ "name": "a", "inner": { "howMany": -1 } }), "inner.howMany", "expected u32"),
        (json!({ "name": "a", "inner": { "howMany": 1, "list": [1, "b"] } }), "inner.list[1]", "expected u8"),
        (json!({ "name": "a", "inner": { "howMany": 1, "more": 1 } }), "inner.more", "unknown field"),
        (json!([]), "body", "invalid"),
    ] {
        let problem = echo(Some("application/json"), body.to_string()).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        let said = problem["errors"][0]["rule"].as_str().unwrap();
        assert!(said.contains(rule) && !said.contains("line"), "{problem}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_said_or_not() {
    let large = vec![b' '; 256 * 1024 + 1];
    let told = json!("The body is too large: at most 256 KiB.");
    assert_eq!(echo(Some("application/json"), large.clone()).await.problem(413)["message"], told);
    let chunks =
        futures::stream::iter(large.chunks(1000).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect::<Vec<_>>());
    assert_eq!(echo(Some("application/json"), Body::from_stream(chunks)).await.problem(413)["message"], told);
    let sent = json!({ "name": "a", "inner": { "howMany": 1 } }).to_string();
    let exactly = " ".repeat(256 * 1024 - sent.len()) + &sent;
    assert_eq!(echo(Some("application/json"), exactly).await.status, 200);
}

#[tokio::test]
async fn a_query_that_does_not_fit_is_422() {
    for (query, field) in [("?limit=ten", "limit"), ("", "limit"), ("?limit=-1", "limit")] {
        let answer = send(&router(), request("GET", &format!("/list{query}"), &[])).await;
        assert_eq!(answer.problem(422)["errors"][0]["field"], field);
    }
}
