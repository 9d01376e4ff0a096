//! SIGTERM, SIGKILL, and the next start.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::client::Client;
use crate::support::eventually;
use crate::support::leftovers::processes;
use crate::support::system::System;

const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn the_credentials_are_their_owners_only() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let system = System::start(&data, &[]);
    let mode = |name: &str| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("credentials.json"), 0o600);
    for url in ["/apiUrl", "/gatewayUrl"] {
        assert!(system.ready_line.contains(&system.credential(url)), "{}", system.ready_line);
    }
    assert!(system.ready_line.contains(" ms"), "{}", system.ready_line);
    assert!(system.credentials["portalUrl"].is_null() || system.credentials["portalUrl"].is_string());
}

#[tokio::test]
async fn a_second_start_continues_where_the_first_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let system = System::start(&data, &[]);
    let client = Client::machine(&system).await;
    let before = system.credentials.clone();
    let (basic, _) = client.register("acme", "basic").await;
    let (advanced, _) = client.register("own", "advanced").await;
    system.kill();

    let system = System::start(&data, &[]);
    assert_eq!(system.credentials, before, "the same addresses, the same ways in");
    let client = Client::machine(&system).await;
    for registration in [&basic, &advanced] {
        client.until(registration, "Created", PATIENCE).await;
    }
    let ada = client.first_sign_in(&system, "own").await;
    client.until_served(&ada, "/products").await;
    let (status, _) = system.terminate();
    assert!(status.success());

    // What was there is served again, to a token from before.
    let system = System::start(&data, &[]);
    assert_eq!(system.credentials, before);
    let client = Client::machine(&system).await;
    let served = client.until_served(&ada, "/products").await;
    assert_eq!(served.status, 200, "{}", served.body);
}

/// Registers as fast as it can until it is refused; what was acknowledged.
async fn load(client: Arc<Client>, worker: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let name = format!("load-{worker}-{n}");
        let tenant = json!({ "tenantName": name, "email": format!("a@{name}.example.com"), "tier": "basic" });
        let body = json!({ "tenantData": tenant, "tenantRegistrationData": {} });
        match client.try_admin(Method::POST, "/tenant-registrations", Some(&body)).await {
            Some(answer) if answer.status == 201 => {
                acknowledged.push(answer.body["data"]["tenantRegistrationId"].as_str().unwrap().to_owned());
            }
            Some(answer) => {
                assert_eq!(answer.status, 503, "{}", answer.body);
                break;
            }
            None => break,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_finishes_what_is_in_flight() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let system = System::start(&data, &[]);
    let client = Arc::new(Client::machine(&system).await);
    let (own, _) = client.register("own", "advanced").await;
    client.until(&own, "Created", PATIENCE).await;
    let workers: Vec<_> = (0..4).map(|worker| tokio::spawn(load(client.clone(), worker))).collect();
    eventually("some load", PATIENCE, || async {
        let page = client.admin(Method::GET, "/tenants?limit=20", None).await;
        (page.body["data"].as_array().unwrap().len() >= 20).then_some(())
    })
    .await;

    let mut slow = SlowRequest::begin(&client);
    let since = Instant::now();
    system.ask_to_stop();
    eventually("readiness to go", PATIENCE, || async {
        client.try_admin(Method::GET, "/readyz", None).await.is_none_or(|a| a.status == 503).then_some(())
    })
    .await;
    let answer = slow.finish();
    assert!(answer.contains(" 201 "), "{answer}");
    let status = tokio::task::spawn_blocking(|| system.ended()).await.unwrap();
    assert!(status.success(), "{status}");
    assert!(since.elapsed() < Duration::from_secs(10), "it took {:?}", since.elapsed());
    assert_eq!(processes(data.to_str().unwrap()), Vec::<String>::new());

    let mut acknowledged = vec![own];
    for worker in workers {
        acknowledged.extend(worker.await.unwrap());
    }
    let system = System::start(&data, &[]);
    let client = Client::machine(&system).await;
    for registration in &acknowledged {
        client.until(registration, "Created", PATIENCE).await;
    }
    let slow = client.admin(Method::GET, "/tenant-config/slow", None).await;
    assert!([200, 404].contains(&slow.status.as_u16()), "{}", slow.body);
}

/// A registration whose body takes its time.
struct SlowRequest {
    connection: TcpStream,
    rest: Vec<u8>,
}

impl SlowRequest {
    /// Returns when the server has begun to read the body.
    fn begin(client: &Client) -> Self {
        let address = client.api.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = json!({
            "tenantData": { "tenantName": "slow", "email": "a@slow.example.com", "tier": "basic" },
            "tenantRegistrationData": {},
        });
        let mut body = body.to_string().into_bytes();
        let head = format!(
            "POST /tenant-registrations HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            client.token(),
            body.len()
        );
        let rest = body.split_off(10);
        connection.write_all(head.as_bytes()).unwrap();
        let mut go_on = [0; 12];
        connection.read_exact(&mut go_on).unwrap();
        assert_eq!(go_on, *b"HTTP/1.1 100");
        connection.write_all(&body).unwrap();
        Self { connection, rest }
    }

    fn finish(&mut self) -> String {
        self.connection.write_all(&self.rest).unwrap();
        let mut answer = Vec::new();
        self.connection.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}
