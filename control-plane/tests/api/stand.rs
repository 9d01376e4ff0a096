//! A control plane over the embedded store in memory, and requests to it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_contract::id::TenantId;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::time::Timestamp;
use tenantry_control_plane::{ControlPlane, RateLimit, Settings, router};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::SeededIds;
use tenantry_ports::clock::Clock;
use tenantry_ports::store::TenantStore;
use tenantry_web::http::Proxies;
use tenantry_web::{HttpOptions, ScopePolicy, Verifier, harden};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::issuer::{Known, claims};
use crate::people::People;

/// Seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

/// The default catalogue and a tier that somebody else provisions.
pub fn catalogue() -> String {
    format!("{}\n[[tiers]]\nname = \"partner\"\nplacement = \"external\"\n", Catalogue::DEFAULT)
}

pub struct Stand {
    pub router: Router,
    pub cp: ControlPlane,
    pub db: Database,
    pub known: Arc<Known>,
    pub people: Arc<People>,
    pub ready: watch::Sender<bool>,
    pub token: String,
}

impl Stand {
    pub async fn new() -> Self {
        Self::with(&catalogue()).await
    }

    pub async fn with(catalogue: &str) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::at(Timestamp::from_millis(NOW * 1000)));
        let ids = Arc::new(SeededIds::new(7, Arc::clone(&clock)));
        let deps = Deps { clock: Arc::clone(&clock), ids: ids.clone(), sources: Sources::default() };
        let db = Database::in_memory(deps).unwrap();
        let (known, people) = (Arc::new(Known::new()), Arc::new(People::default()));
        let (ready, readiness) = watch::channel(true);
        let cp = ControlPlane {
            store: Arc::new(db.clone()),
            orphans: Arc::new(db.clone()),
            keys: Arc::new(db.clone()),
            secrets: Arc::new(db.clone()),
            log: Arc::new(db.clone()),
            bus: Arc::new(db.clone()),
            admins: people.clone(),
            verifier: Arc::new(Verifier::new(known.clone(), Arc::clone(&clock))),
            clock,
            ids: ids.clone(),
            catalogue: Arc::new(Catalogue::parse(catalogue).unwrap()),
            settings: Settings {
                gateway_url: Some("http://127.0.0.1:8081".into()),
                issuer_base: "http://127.0.0.1:8080".into(),
                policy: ScopePolicy::default(),
                public_rate: RateLimit::DEFAULT,
                sources: Sources::default(),
                proxies: Proxies::default(),
            },
            ready: readiness,
            stop: CancellationToken::new(),
        };
        let router = harden(router(cp.clone()).await.unwrap(), HttpOptions::new(ids));
        let token = known.admins.token("k1", &claims(json!({})));
        Self { router, cp, db, known, people, ready, token }
    }

    /// A request by the admin, with JSON if there is any.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub async fn call_with(&self, method: &str, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend_from_slice(headers);
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        read(self.send(method, path, &all, body).await).await
    }

    /// A request as it is; the answer's body is not read.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    }

    /// Registers a tenant and answers with what came back under `data`.
    pub async fn register(&self, name: &str, tier: &str) -> Value {
        let answer = self.call("POST", "/tenant-registrations", Some(&registration(name, tier))).await;
        answer.is(201)["data"].clone()
    }

    pub async fn record(&self, tenant: &Value) -> TenantRecord {
        let id = TenantId::parse(tenant.as_str().unwrap()).unwrap();
        self.db.tenant(&id).await.unwrap().unwrap()
    }
}

pub fn registration(name: &str, tier: &str) -> Value {
    json!({"tenantData": {"tenantName": name, "email": format!("{name}@example.com"), "tier": tier}})
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub async fn read(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Its JSON, if it has this status.
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The fields a problem document names, if it is one of this status.
    pub fn faults(&self, status: u16) -> Vec<String> {
        let document = self.is(status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(document["statusCode"], status);
        assert!(document["message"].is_string(), "{document}");
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}
