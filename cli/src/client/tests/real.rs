//! The verbs against the real API and issuer, where another application plane does the work: this test.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_control_plane::{ControlPlane, RateLimit, Settings};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::identity::{self, BaseUrl, Identity, IdentityConfig};
use tenantry_embedded::ids::RandomIds;
use tenantry_embedded::sqlite::{Mode, Place};
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_web::http::Proxies;
use tenantry_web::{HttpOptions, Lifecycle, ScopePolicy, Verifier, harden, serve};
use tokio::net::TcpListener;

use super::{Done, shell_at};

const CATALOGUE: &str = "[[tiers]]\nname = \"partner\"\nplacement = \"external\"\n";

struct Real {
    url: String,
    dir: TempDir,
    lifecycle: Lifecycle,
}

impl Real {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids: Arc<dyn Ids> = Arc::new(RandomIds::new(Arc::clone(&clock)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = IdentityConfig::new(dir.path().join("mail"), BaseUrl::fixed(&url));
        let opened = Identity::open(Place::Memory, Mode::Inline, config, Arc::clone(&clock), Arc::clone(&ids)).await;
        let identity = opened.unwrap();
        let deps = Deps { clock: Arc::clone(&clock), ids: Arc::clone(&ids), sources: Sources::default() };
        let store = Arc::new(Database::in_memory(deps).unwrap());
        let lifecycle = Lifecycle::new(Duration::from_secs(10));
        let admins = identity.ensure_admin_pool().await.unwrap();
        let policy = ScopePolicy::default();
        let settings = Settings {
            gateway_url: Some("http://127.0.0.1:1".into()),
            issuer_base: url.clone(),
            policy,
            public_rate: RateLimit::DEFAULT,
            sources: Sources::default(),
            proxies: Proxies::default(),
        };
        let cp = ControlPlane {
            store: store.clone(),
            orphans: store.clone(),
            keys: store.clone(),
            secrets: store.clone(),
            log: store.clone(),
            bus: store,
            admins: Arc::new(identity.clone()),
            verifier: Arc::new(Verifier::new(Arc::new(identity.clone()), Arc::clone(&clock))),
            clock,
            ids: Arc::clone(&ids),
            catalogue: Arc::new(Catalogue::parse(CATALOGUE).unwrap()),
            settings,
            ready: lifecycle.ready(),
            stop: lifecycle.streams(),
        };
        let router = identity::router(identity).merge(tenantry_control_plane::router(cp).await.unwrap());
        let router = harden(router, HttpOptions::new(ids));
        let serving = lifecycle.clone();
        tokio::spawn(async move { serve(listener, router, &serving).await });
        let credentials = json!({
            "apiUrl": format!("{url}/"), "issuer": admins.issuer, "userClientId": admins.user_client,
            "admin": { "userName": admins.first_admin.user_name, "password": admins.first_admin.password },
            "machine": { "clientId": admins.machine_client, "clientSecret": admins.machine_secret },
        });
        std::fs::write(dir.path().join("credentials.json"), credentials.to_string()).unwrap();
        Self { url, dir, lifecycle }
    }

    async fn run(&self, line: &str, input: &str) -> Done {
        shell_at(&self.url, &self.dir.path().join("session.json"), line, input).await
    }

    async fn well(&self, line: &str) -> String {
        self.run(line, "").await.well()
    }

    async fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.well(&format!("{line} --json")).await).unwrap()
    }

    fn credentials(&self) -> PathBuf {
        self.dir.path().join("credentials.json")
    }

    async fn sign_in(&self) {
        let line = format!("login --credentials {} --new-password-stdin", self.credentials().display());
        self.run(&line, "Correct-horse-7\n").await.well();
    }

    /// What another application plane would say, once the registration is as it should be before.
    async fn report(&self, tenant: &str, before: &str, report: &str) {
        let registration = async || self.json(&format!("registrations get {tenant}")).await["data"].clone();
        let comes = async { while registration().await["registrationStatus"] != before {} };
        tokio::time::timeout(Duration::from_secs(20), comes).await.unwrap();
        let id = registration().await["tenantRegistrationId"].as_str().unwrap().to_owned();
        self.well(&format!("registrations update {id} {report}")).await;
    }
}

#[tokio::test]
async fn a_tenants_life_from_a_shell() {
    let real = Real::start().await;
    assert_eq!(real.run("tenants list", "").await.error(), "not signed in: run `tenantry login`");
    real.sign_in().await;

    let create = "registrations create --name acme --email ada@example.com --tier partner --set seats=5";
    let created = real.json(create).await;
    let tenant = created["data"]["tenantId"].as_str().unwrap();
    let operation = created["data"]["operationId"].as_str().unwrap();
    let taken = real.run(create, "").await;
    assert!(taken.error().contains("tenantData.tenantName") && taken.error().contains("(409)"), "{taken:?}");

    real.report(tenant, "In progress", "--set-registration registrationStatus=Created").await;
    assert_eq!(real.json(&format!("tenants get {tenant}")).await["data"]["seats"], 5);
    assert!(real.well("tenants list").await.contains("acme"));
    assert!(real.well(&format!("operations get {operation}")).await.contains("Onboarding succeeded"));
    assert!(real.well("events list").await.contains("tenantry_operationEnded"));
    real.well(&format!("tenants update {tenant} --set seats=6")).await;

    let delete = format!("registrations delete {tenant} --wait");
    let gone = "--set-registration registrationStatus=Deleted";
    let (deleted, ()) = tokio::join!(real.run(&delete, ""), real.report(tenant, "Deleting", gone));
    assert!(deleted.well().contains("Offboarding succeeded"));
    assert!(real.well(&format!("operations list {tenant}")).await.contains("offboard"));
    real.lifecycle.shutdown().await;
}

#[tokio::test]
async fn a_failure_and_its_retry_followed_live() {
    let real = Real::start().await;
    real.sign_in().await;
    let create = "registrations create --name acme --email ada@example.com --tier partner";
    let created = real.json(create).await;
    let (tenant, id) = (&created["data"]["tenantId"], created["data"]["tenantRegistrationId"].as_str().unwrap());
    let tenant = tenant.as_str().unwrap();
    real.report(tenant, "In progress", "--set-registration registrationStatus=Failed").await;
    let retry = format!("registrations retry {id} --wait");
    let created = "--set-registration registrationStatus=Created";
    let (retried, ()) = tokio::join!(real.run(&retry, ""), real.report(tenant, "In progress", created));
    assert!(retried.well().contains("Onboarding succeeded"));
    let again = real.run(&format!("registrations retry {id}"), "").await;
    assert!(again.error().contains("(409)"), "{again:?}");
    real.lifecycle.shutdown().await;
}

#[tokio::test]
async fn people_and_the_machine() {
    let real = Real::start().await;
    real.sign_in().await;
    real.well("users create bob --email bob@example.com --role SystemViewer").await;
    assert!(real.well("users list").await.contains("SystemViewer"));
    real.well("users disable bob").await;
    assert_eq!(real.json("users get bob").await["data"]["enabled"], false);
    real.well("users enable bob").await;
    real.well("users update bob --role SystemAdmin").await;
    real.well("users delete bob").await;
    let wrong = real.run("users create eve --email nowhere --role x", "").await;
    assert!(wrong.error().contains("email") && wrong.error().contains("(422)"), "{wrong:?}");

    let line = format!("login --machine --credentials {}", real.credentials().display());
    real.well(&line).await;
    real.well("tenants list").await;
    let refused = real.run("users list", "").await;
    assert!(refused.error().contains("(403)"), "{refused:?}");
    real.lifecycle.shutdown().await;
}
