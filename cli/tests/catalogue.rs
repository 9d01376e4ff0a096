//! Anybody's catalogue: other tiers, and a service that is no program of ours.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::client::Client;
use support::leftovers::{files, processes};
use support::system::System;
use support::{catalogue, eventually};

const PATIENCE: Duration = Duration::from_secs(120);

/// A program with a health path that knows nothing of us but the port it is told.
const ECHO: &str = r#"
import http.server, json, os

class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                "tenant": os.environ.get("TENANTRY_TENANT_ID"), "greeting": os.environ.get("GREETING")}
        if self.path == "/echo/alive":
            body = {"status": "ok"}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Echo).serve_forever()
"#;

const SICK: &str = r#"
import sys, time
print("the flux capacitor is missing", flush=True)
time.sleep(0.2)
sys.exit("cannot go on")
"#;

fn foreign(home: &Path, tiers: &str) -> String {
    let script = home.join("echo.py");
    let service = format!(
        "[[services]]\nname = \"echo\"\nport = 80\nhealth_path = \"/echo/alive\"\n\
         command = [\"python3\", \"-u\", {:?}]\n[services.environment]\nGREETING = \"hello\"\n",
        script.to_str().unwrap()
    );
    catalogue::write(home, "foreign.toml", &format!("{tiers}\n{service}")).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_catalogue_of_other_tiers_and_a_foreign_service() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("echo.py"), ECHO).unwrap();
    let tiers = "[[tiers]]\nname = \"Crowd\"\nplacement = \"pooled\"\n\
                 [[tiers]]\nname = \"villa\"\nplacement = \"dedicated-services\"\n\
                 [[tiers]]\nname = \"island\"\nplacement = \"dedicated-cluster\"\n";
    let system = System::start(&home.path().join("data"), &["--catalogue", &foreign(home.path(), tiers)]);
    let client = Client::machine(&system).await;
    for (tier, dedicated) in [("crowd", false), ("villa", true), ("ISLAND", true)] {
        let name = format!("in-{}", tier.to_lowercase());
        let (registration, tenant) = client.register(&name, tier).await;
        client.until(&registration, "Created", PATIENCE).await;
        let ada = client.first_sign_in(&system, &name).await;
        client.until_served(&ada, "/echo/x").await;
        let echo = client.tenant(&ada, Method::GET, "/echo/some/where?q=1", None).await;
        assert_eq!(echo.status, 200, "{}", echo.body);
        assert_eq!(echo.body["path"], "/echo/some/where?q=1");
        assert_eq!(echo.body["greeting"], "hello");
        assert_eq!(echo.body["tenant"], if dedicated { json!(tenant) } else { Value::Null });
        assert_eq!(echo.body["headers"]["authorization"], format!("Bearer {}", ada.id_token));
        let nobody = client.with("nonsense", Method::GET, &format!("{}/echo/x", client.gateway), None).await;
        assert_eq!(nobody.status, 401);
        // Another service's name is none here.
        assert_eq!(client.tenant(&ada, Method::GET, "/orders", None).await.status, 404);

        client.offboard(&registration).await;
        client.until(&registration, "Deleted", PATIENCE).await;
        eventually("its processes to end", PATIENCE, || async { processes(&tenant).is_empty().then_some(()) }).await;
        assert_eq!(files(&system.data, &tenant), Vec::<std::path::PathBuf>::new());
    }
    let data = system.data.to_string_lossy().into_owned();
    assert!(system.terminate().0.success());
    assert_eq!(processes(&data), Vec::<String>::new());
    assert_eq!(processes(home.path().join("echo.py").to_str().unwrap()), Vec::<String>::new());
}

async fn operation(client: &Client, tenant: &str) -> Value {
    let page = client.admin(Method::GET, &format!("/tenants/{tenant}/operations?limit=1"), None).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["data"][0].clone()
}

#[tokio::test]
async fn a_service_that_never_becomes_healthy_fails_its_onboarding_in_time() {
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("echo.py");
    std::fs::write(&script, SICK).unwrap();
    let tiers = "[[tiers]]\nname = \"villa\"\nplacement = \"dedicated-services\"\n\
                 budget = { wait_seconds = 5, work_seconds = 3, cleanup_seconds = 20 }\n";
    let system = System::start(&home.path().join("data"), &["--catalogue", &foreign(home.path(), tiers)]);
    let client = Client::machine(&system).await;
    let (registration, tenant) = client.register("acme", "villa").await;
    eventually("the onboarding to end", Duration::from_secs(60), || async {
        let status = client.status(&registration).await;
        assert_ne!(status, "Created");
        (status == "Failed").then_some(())
    })
    .await;

    let ended = operation(&client, &tenant).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    let failure = ended["failure"].to_string();
    for part in ["service/echo", "flux capacitor", "cannot go on"] {
        assert!(failure.contains(part), "{part:?} in {failure}");
    }
    assert!(ended["failure"]["remains"].as_array().is_none_or(Vec::is_empty), "{failure}");
    assert!(processes(&tenant).is_empty(), "{:?}", processes(&tenant));
    assert_eq!(files(&system.data, &tenant), Vec::<std::path::PathBuf>::new());
    let config = client.admin(Method::GET, "/tenant-config/acme", None).await;
    assert!(config.body.get("userPoolId").is_none(), "{}", config.body);

    // Mended, it is the same registration that comes to its end.
    std::fs::write(&script, ECHO).unwrap();
    let path = format!("/tenant-registrations/{registration}/retry");
    let retried = client.admin(Method::POST, &path, Some(&json!({}))).await;
    assert!(retried.status.is_success(), "{}", retried.body);
    client.until(&registration, "Created", PATIENCE).await;
    let again = operation(&client, &tenant).await;
    assert_eq!((&again["status"], &again["attempt"]), (&json!("succeeded"), &json!(2)), "{again}");
    let ada = client.first_sign_in(&system, "acme").await;
    client.until_served(&ada, "/echo/x").await;
    assert_eq!(client.tenant(&ada, Method::GET, "/echo/x", None).await.body["tenant"], tenant.as_str());
}
