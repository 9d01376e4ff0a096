//! The one test that installs the recorder, which a process has once.

use axum::Router;
use axum::routing::get;
use tenantry_web::{harden, metrics};

use crate::support::{options, request, send};

#[tokio::test]
async fn requests_are_measured_by_route_and_status() {
    let metrics = metrics::install().unwrap();
    assert!(metrics.render().contains("http_requests_in_flight 0"), "starts at zero");
    let router = harden(Router::new().route("/tenants/{id}", get(async || "one")), options());
    for tenant in ["t-1", "t-2"] {
        send(&router, request("GET", &format!("/tenants/{tenant}?token=x"), &[])).await;
    }
    send(&router, request("GET", "/t-3", &[])).await;
    send(&router, request("BREW", "/tenants/t-4", &[])).await;

    let answer = send(&metrics.router(), request("GET", "/metrics", &[])).await;
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let count = |labels: &str| format!("http_request_duration_seconds_count{{{labels}}}");
    for line in [
        count(r#"method="GET",route="/tenants/{id}",status="200""#) + " 2",
        count(r#"method="GET",route="none",status="404""#) + " 1",
        count(r#"method="other",route="/tenants/{id}",status="405""#) + " 1",
        "http_requests_in_flight 0".to_owned(),
        "# HELP http_request_duration_seconds".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(!text.contains("t-1") && !text.contains("t-3"), "{text}");
}
