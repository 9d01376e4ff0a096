//! An issuer on a free port, and what a client does with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;

use super::super::{AdminPool, BaseUrl, Identity, IdentityConfig, router};
use crate::sqlite::{Mode, Place};

pub(super) const PORTAL: &str = "http://localhost:5173";
pub(super) const APP: &str = "http://localhost:3000";

/// A clock the test moves.
pub(super) struct Hand(AtomicI64);

impl Hand {
    pub(super) fn forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct Counted(AtomicU64);

impl Ids for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).unwrap();
    }
    fn fresh(&self) -> String {
        uuid::Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into()).to_string()
    }
}

pub(super) struct Issuer {
    pub(super) identity: Identity,
    pub(super) clock: Arc<Hand>,
    pub(super) admin: AdminPool,
    pub(super) base: String,
    pub(super) http: reqwest::Client,
    pub(super) dir: Arc<tempfile::TempDir>,
}

pub(super) async fn issuer() -> Issuer {
    again(Arc::new(tempfile::tempdir().unwrap()), 1_795_000_000_000, Mode::Threaded).await
}

/// A start on a directory, at a time.
pub(super) async fn again(dir: Arc<tempfile::TempDir>, millis: i64, mode: Mode) -> Issuer {
    let clock = Arc::new(Hand(AtomicI64::new(millis)));
    let base_url = BaseUrl::default();
    let config = IdentityConfig {
        app_origins: vec![APP.to_owned()],
        portal_origins: vec![PORTAL.to_owned()],
        ..IdentityConfig::new(dir.path().join("mail"), base_url.clone())
    };
    let place = Place::File(dir.path().join("identity.db"));
    let ids = Arc::new(Counted(AtomicU64::new(u64::try_from(millis).unwrap())));
    let identity = Identity::open(place, mode, config, clock.clone(), ids).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    base_url.set(&base);
    let app = router(identity.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let admin = identity.ensure_admin_pool().await.unwrap();
    Issuer { identity, clock, admin, base, http, dir }
}

pub(super) fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

pub(super) fn facts(id: &str, email: &str) -> TenantFacts {
    TenantFacts {
        id: tenant(id),
        name: TenantName::parse("acme").unwrap(),
        email: Email::parse(email).unwrap(),
        tier: "basic".to_owned(),
        placement: Placement::Pooled,
    }
}

impl Issuer {
    pub(super) async fn stage(&self) -> (PoolId, ClientId) {
        self.identity.ensure_pool(&Owner::Stage).await.unwrap()
    }

    pub(super) async fn cognito(&self, operation: &str, body: &Value) -> (u16, Value) {
        let answer = self
            .http
            .post(format!("{}/", self.base))
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    pub(super) async fn password_auth(&self, client: &ClientId, name: &str, password: &str) -> (u16, Value) {
        let parameters = json!({ "USERNAME": name, "PASSWORD": password });
        let body = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": parameters });
        self.cognito("InitiateAuth", &body).await
    }

    pub(super) async fn refresh_auth(&self, client: &ClientId, token: &Value) -> (u16, Value) {
        let parameters = json!({ "REFRESH_TOKEN": token });
        let body = json!({ "AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": client, "AuthParameters": parameters });
        self.cognito("InitiateAuth", &body).await
    }

    pub(super) async fn choose(&self, client: &ClientId, session: &Value, name: &str, new: &str) -> (u16, Value) {
        let responses = json!({ "USERNAME": name, "NEW_PASSWORD": new });
        let body = json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "ClientId": client, "Session": session,
            "ChallengeResponses": responses });
        self.cognito("RespondToAuthChallenge", &body).await
    }

    /// Signs in for the first time and chooses a password: the tokens.
    pub(super) async fn first_sign_in(&self, client: &ClientId, name: &str, once: &str, new: &str) -> Value {
        let (status, asked) = self.password_auth(client, name, once).await;
        assert_eq!((status, &asked["ChallengeName"]), (200, &json!("NEW_PASSWORD_REQUIRED")), "{asked}");
        let (status, done) = self.choose(client, &asked["Session"], name, new).await;
        assert_eq!(status, 200, "{done}");
        done["AuthenticationResult"].clone()
    }

    /// The claims of a token, verified as a stranger would: by discovery and the published keys.
    pub(super) async fn claims(&self, pool: &PoolId, token: &Value) -> Result<Value, String> {
        let token = token.as_str().unwrap();
        let discovery = format!("{}/{pool}/.well-known/openid-configuration", self.base);
        let found: Value = self.http.get(discovery).send().await.unwrap().json().await.unwrap();
        assert_eq!(found["issuer"], json!(format!("{}/{pool}", self.base)));
        let keys = self.http.get(found["jwks_uri"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(keys.headers()["content-type"], "application/json");
        let set: jsonwebtoken::jwk::JwkSet = keys.json().await.unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        let jwk = set.find(&header.kid.unwrap()).ok_or("the key is not published")?;
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        rules.set_issuer(&[found["issuer"].as_str().unwrap()]);
        rules.validate_aud = false;
        rules.validate_exp = false;
        let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
        jsonwebtoken::decode::<Value>(token, &key, &rules).map(|data| data.claims).map_err(|e| e.to_string())
    }

    /// The one-time password as the mail to that address tells it.
    pub(super) fn mailed_password(&self, to: &str) -> String {
        let mails = self.mails(to);
        assert_eq!(mails.len(), 1, "mails to {to}");
        let line = mails[0].lines().find_map(|line| line.strip_prefix("Temporary password: ")).unwrap();
        line.to_owned()
    }

    pub(super) fn mails(&self, to: &str) -> Vec<String> {
        std::fs::read_dir(self.dir.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "eml"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .filter(|text| text.contains(&format!("To: <{to}>")))
            .collect()
    }

    pub(super) async fn form(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.http.post(format!("{}{path}", self.base)).form(form).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }
}
