//! The outer layers.

use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::StatusCode;
use tenantry_ports::store::StoreError;
use tenantry_web::http::{AsIs, RequestId};
use tenantry_web::{Problem, TraceParent, harden};

use crate::support::{options, request, send};

const APP: &str = "https://app.example.com";

async fn panics() -> &'static str {
    panic!("a secret in a panic")
}

fn router() -> Router {
    let ids = async |Extension(id): Extension<RequestId>, trace: TraceParent| format!("{} {trace}", id.as_str());
    let routes = Router::new()
        .route("/ids", get(ids))
        .route("/tenants/{id}", get(async || "one").put(async || "changed"))
        .route("/panics", get(panics))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(3600)).await))
        .route("/empty", get(async || StatusCode::NOT_FOUND))
        .route("/theirs", get(async || (Extension(AsIs), StatusCode::NOT_FOUND)))
        .route("/fields", post(async || Problem::unprocessable("No.").field("tenantName", "is taken")))
        .route("/store", get(async || Problem::from(StoreError::unavailable("shard-7", "disk on fire"))))
        .route("/broken", get(async || Problem::from(StoreError::broken("row 9", "bad bytes")).into_response()));
    let mut options = options();
    options.cors_origins = vec![APP.to_owned()];
    harden(routes, options)
}

#[tokio::test]
async fn a_request_id_is_taken_over_or_made() {
    let sent = send(&router(), request("GET", "/ids", &[("x-request-id", "abc-1")])).await;
    assert_eq!(sent.header("x-request-id"), Some("abc-1"));
    assert!(sent.body.starts_with(b"abc-1 "));
    let router = router();
    let mut seen = Vec::new();
    for bad in ["", "a b", "<script>", "é", &"x".repeat(65)] {
        let mut asked = request("GET", "/ids", &[]);
        asked.headers_mut().insert("x-request-id", http::HeaderValue::from_bytes(bad.as_bytes()).unwrap());
        let made = send(&router, asked).await.header("x-request-id").unwrap().to_owned();
        assert!(made.len() == 16 && !seen.contains(&made), "{made}");
        seen.push(made);
    }
}

#[tokio::test]
async fn a_trace_is_carried_on() {
    let sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = send(&router(), request("GET", "/ids", &[("traceparent", sent)])).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("00-4bf92f3577b34da6a3ce929d0e0e4736-") && !text.contains("00f067aa0ba902b7"), "{text}");
    let own = send(&router(), request("GET", "/ids", &[("traceparent", "nonsense")])).await;
    let text = String::from_utf8(own.body).unwrap();
    assert!(TraceParent::parse(text.split(' ').nth(1).unwrap()).is_some(), "{text}");
}

#[tokio::test]
async fn what_no_handler_answers_is_a_problem_too() {
    let missing = send(&router(), request("GET", "/nothing", &[("x-request-id", "r1")])).await;
    assert_eq!(missing.problem(404)["requestId"], "r1");
    let method = send(&router(), request("DELETE", "/tenants/t1", &[])).await;
    method.problem(405);
    let allowed = method.header("allow").unwrap();
    assert!(allowed.contains("GET") && allowed.contains("PUT"), "{allowed}");
    send(&router(), request("GET", "/empty", &[])).await.problem(404);
    let theirs = send(&router(), request("GET", "/theirs", &[])).await;
    assert!(theirs.body.is_empty() && theirs.header("content-type").is_none());
    let head = send(&router(), request("HEAD", "/nothing", &[])).await;
    assert!(head.status == 404 && head.body.is_empty());
}

#[tokio::test]
async fn problems_carry_the_requests_id_and_their_fields() {
    let answer = send(&router(), request("POST", "/fields", &[("x-request-id", "r2")])).await;
    let problem = answer.problem(422);
    assert_eq!(problem["requestId"], "r2");
    assert_eq!(problem["errors"][0]["field"], "tenantName");
    assert_eq!(problem["errors"][0]["rule"], "is taken");
}

#[tokio::test]
async fn internals_stay_inside() {
    for (path, status) in [("/panics", 500), ("/store", 503), ("/broken", 500)] {
        let answer = send(&router(), request("GET", path, &[])).await;
        let text = answer.problem(status).to_string();
        for inside in ["secret", "shard-7", "fire", "row 9", "bytes"] {
            assert!(!text.contains(inside), "{text}");
        }
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
}

#[tokio::test]
async fn duplicate_slashes_collapse() {
    assert_eq!(send(&router(), request("GET", "//tenants/t1", &[])).await.status, 200);
    assert_eq!(send(&router(), request("GET", "/tenants///t1?x=//", &[])).await.status, 200);
}

#[tokio::test]
async fn another_host_is_refused() {
    let mut evil = request("GET", "/tenants/t1", &[]);
    evil.headers_mut().insert("host", "evil.example".parse().unwrap());
    send(&router(), evil).await.problem(400);
    let mut evil = request("OPTIONS", "/tenants/t1", &[("origin", APP), ("access-control-request-method", "GET")]);
    evil.headers_mut().insert("host", "evil.example".parse().unwrap());
    send(&router(), evil).await.problem(400);
}

#[tokio::test]
async fn a_preflight_is_answered_without_the_router() {
    let asked = [
        ("origin", APP),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let answer = send(&router(), request("OPTIONS", "/tenants/t1", &asked)).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PUT"));
    let foreign = [("origin", "https://evil.example"), ("access-control-request-method", "PUT")];
    let answer = send(&router(), request("OPTIONS", "/tenants/t1", &foreign)).await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn errors_can_be_read_by_the_configured_origin_alone() {
    for path in ["/tenants/t1", "/nothing", "/panics", "/store"] {
        let ours = send(&router(), request("GET", path, &[("origin", APP)])).await;
        assert_eq!(ours.header("access-control-allow-origin"), Some(APP), "{path}");
        assert_eq!(ours.header("vary"), Some("origin"));
        let foreign = send(&router(), request("GET", path, &[("origin", "https://evil.example")])).await;
        assert_eq!(foreign.header("access-control-allow-origin"), None, "{path}");
        assert_eq!(foreign.header("vary"), Some("origin"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_503() {
    let answer = send(&router(), request("GET", "/slow", &[])).await;
    answer.problem(503);
    assert_eq!(answer.header("retry-after"), Some("30"));
}
