//! Keys over HTTP.

use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use tenantry_ports::error::Retry;
use tenantry_ports::identity::{Algorithm, Issuer, Issuers, SpeaksFor};
use tenantry_web::{Lifecycle, RemoteIssuers, serve};
use tokio::net::TcpListener;

use crate::support::{URL, issuer};

fn ours(name: &str) -> Issuer {
    issuer(&format!("{URL}/{name}"), SpeaksFor::Pooled, Algorithm::Es256)
}

#[tokio::test]
async fn keys_are_read_where_we_said() {
    let router = Router::new()
        .route("/good", get(async || r#"{"keys":[]}"#))
        .route("/large", get(async || vec![b'x'; 300 * 1024]))
        .route("/moved", get(async || Redirect::temporary("/good")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let lifecycle = Lifecycle::new(Duration::from_secs(5));
    let serving = lifecycle.clone();
    let server = tokio::spawn(async move { serve(listener, router, &serving).await });

    let names = ["good", "large", "moved", "missing"];
    let mut table: Vec<_> = names.iter().map(|name| (ours(name), format!("{base}/{name}"))).collect();
    table.push((ours("nobody"), "http://127.0.0.1:1/keys".to_owned()));
    let issuers = RemoteIssuers::new(table).unwrap();

    assert_eq!(issuers.keys(&ours("good")).await.unwrap(), br#"{"keys":[]}"#);
    for (name, retryable) in [("large", false), ("moved", true), ("missing", true), ("nobody", true), ("else", false)] {
        let error = issuers.keys(&ours(name)).await.unwrap_err();
        assert_eq!(error.retryable() != Retry::Never, retryable, "{name}: {error}");
    }
    assert!(issuers.issuer(&ours("good").url).await.unwrap().is_some());
    assert!(issuers.issuer("http://evil.example").await.unwrap().is_none());
    drop(issuers);
    lifecycle.shutdown().await;
    server.await.unwrap();
}
