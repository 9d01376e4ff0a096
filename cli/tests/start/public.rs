//! `--public-url` and what goes with it: what people outside are told when a proxy with TLS is before the listeners.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HOST, SET_COOKIE};
use serde_json::Value;

use crate::oidc_signer::OidcSigner;
use crate::support::client::Client;
use crate::support::system::{System, command, refused};

const API: &str = "https://api.example.com";
const GATEWAY: &str = "https://app.example.com";
const PATIENCE: Duration = Duration::from_secs(60);

/// The listener behind the public URL, from the ports that the start remembered.
fn local(data: &Path, flag: &str) -> String {
    let ports: Value = serde_json::from_slice(&std::fs::read(data.join("ports.json")).unwrap()).unwrap();
    format!("http://127.0.0.1:{}", ports[flag])
}

#[tokio::test]
async fn a_proxy_with_tls_is_what_everybody_is_told() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let flags = ["--public-url", API, "--gateway-public-url", GATEWAY, "--admin-email", "ada@example.com"];
    let mut system = System::start(&data, &flags);
    assert_eq!(system.credential("/apiUrl"), format!("{API}/"));
    assert_eq!(system.credential("/gatewayUrl"), format!("{GATEWAY}/"));
    let issuer = system.credential("/issuer");
    let path = issuer.strip_prefix(API).unwrap().to_owned();
    assert!(system.ready_line.contains(API) && system.ready_line.contains(GATEWAY), "{}", system.ready_line);

    let (api, http) = (local(&data, "--listen"), reqwest::Client::new());
    let get = |path: String| http.get(format!("{api}{path}")).header(HOST, "api.example.com").send();
    let discovery: Value = get(format!("{path}/.well-known/openid-configuration")).await.unwrap().json().await.unwrap();
    assert_eq!(discovery["issuer"], issuer.as_str());
    for (name, url) in discovery.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint")) {
        assert!(url.as_str().unwrap().starts_with(API), "{name}: {url}");
    }
    let page = get(format!("{path}/login")).await.unwrap();
    let cookies: Vec<_> = page.headers().get_all(SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
    assert!(!cookies.is_empty() && cookies.iter().all(|cookie| cookie.contains("; Secure")), "{cookies:?}");
    let elsewhere = http.get(format!("{api}/healthz")).header(HOST, "evil.example.com").send().await.unwrap();
    assert!(elsewhere.status().is_success(), "health is asked for by address");
    let elsewhere = http.get(format!("{api}{path}/login")).header(HOST, "evil.example.com").send().await.unwrap();
    assert!(elsewhere.status().is_client_error(), "only its own hosts are let in");

    // What a client behind the proxy does: the same requests, at the listeners.
    system.credentials["apiUrl"] = format!("{api}/").into();
    system.credentials["gatewayUrl"] = format!("{}/", local(&data, "--gateway-listen")).into();
    system.credentials["issuer"] = format!("{api}{path}").into();
    let client = Client::machine(&system).await;
    let (registration, _) = client.register("acme", "advanced").await;
    client.until(&registration, "Created", PATIENCE).await;
    let config = client.admin(Method::GET, "/tenant-config/acme", None).await;
    assert_eq!(config.body["apiGatewayUrl"], format!("{GATEWAY}/"), "{}", config.body);
    let file = rusqlite::Connection::open(data.join("identity.db")).unwrap();
    let email = file.query_row("SELECT email FROM user WHERE name = 'admin'", [], |row| row.get::<_, String>(0));
    assert_eq!(email.unwrap(), "ada@example.com");
    let mails = std::fs::read_dir(data.join("mail")).unwrap();
    let mails: Vec<_> = mails.map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap()).collect();
    assert!(!mails.is_empty() && mails.iter().all(|mail| mail.contains(&format!(": {API}/"))), "{mails:?}");
}

#[test]
fn what_is_no_origin_or_no_address_is_refused_with_all_its_faults() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let missing = home.path().join("no-issuers.toml");
    let flags = [
        "--public-url",
        "https://example.com/tenantry",
        "--gateway-public-url",
        "app.example.com",
        "--admin-email",
        "ada",
        "--oidc-issuers",
        missing.to_str().unwrap(),
    ];
    let said = refused(&data, &flags);
    for part in ["4 faults", "public-url: ", "has a path", "gateway-public-url: ", "admin-email: ", "oidc-issuers: "] {
        assert!(said.contains(part), "{part:?} in:\n{said}");
    }
    assert!(!data.exists(), "nothing was written");
}

#[tokio::test]
async fn tokens_of_another_issuer_open_the_api() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let signer = OidcSigner::start().await;
    let file = home.path().join("issuers.toml");
    std::fs::write(&file, signer.issuers_toml()).unwrap();
    let system = System::of(command(&data, &["--oidc-issuers", file.to_str().unwrap()]), &data);
    let ask = |token: String| {
        reqwest::Client::new().get(format!("{}tenants", system.credential("/apiUrl"))).bearer_auth(token).send()
    };
    assert_eq!(ask(signer.token("reader")).await.unwrap().status(), 200);
    assert_eq!(ask(signer.token("stranger")).await.unwrap().status(), 403);
    let forged = OidcSigner::start().await;
    assert_eq!(ask(forged.token_as("reader", &signer)).await.unwrap().status(), 401);
}
