//! An issuer with real keys, a clock that stands still, and requests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::{Algorithm, IdentityError, Issuer, Issuers, SpeaksFor};
use tenantry_ports::ids::Ids;
use tenantry_web::{HttpOptions, Verifier};
use tower::ServiceExt;

pub const NOW: i64 = 1_800_000_000;
pub const URL: &str = "http://127.0.0.1:8080/local_admins";

/// Stands still until it is told otherwise.
pub struct Still(AtomicI64);

impl Still {
    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Still {
    pub fn back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
pub struct Counting(AtomicU64);

impl Ids for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let text = count.to_be_bytes();
        for (byte, from) in bytes.iter_mut().rev().zip(text.iter().rev()) {
            *byte = *from;
        }
    }
    fn fresh(&self) -> String {
        format!("id-{}", self.0.fetch_add(1, Ordering::SeqCst))
    }
}

pub fn options() -> HttpOptions {
    HttpOptions::new(Arc::new(Counting::default()))
}

pub enum Signer {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
}

impl Signer {
    pub fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn rs256() -> Self {
        Self::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub fn jwk(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (text(&point[1..33]), text(&point[33..65]));
                json!({ "kid": kid, "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": x, "y": y })
            }
            Self::Rs256(pair) => {
                let key = pair.public_key();
                let n = text(key.modulus().big_endian_without_leading_zero());
                let e = text(key.exponent().big_endian_without_leading_zero());
                json!({ "kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e })
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    pub fn token(&self, kid: &str, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "kid": kid });
        assemble(&header, claims, |message| self.sign(message))
    }
}

pub fn assemble(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Issuers that can be changed, taken away and made to fail.
#[derive(Default)]
pub struct Known {
    pub issuers: Mutex<HashMap<String, Arc<Issuer>>>,
    pub keys: Mutex<HashMap<String, Vec<Value>>>,
    pub broken: AtomicBool,
    /// Its keys never come.
    pub silent: AtomicBool,
    pub asked: AtomicUsize,
    pub read: AtomicUsize,
}

#[async_trait]
impl Issuers for Known {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.issuers.lock().unwrap().get(url).cloned())
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError> {
        self.read.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(IdentityError::unavailable("down", "for a test"));
        }
        let keys = self.keys.lock().unwrap().get(&issuer.url).cloned().unwrap_or_default();
        Ok(json!({ "keys": keys }).to_string().into_bytes())
    }
}

impl Known {
    pub fn add(&self, issuer: Issuer, keys: Vec<Value>) {
        self.keys.lock().unwrap().insert(issuer.url.clone(), keys);
        self.issuers.lock().unwrap().insert(issuer.url.clone(), Arc::new(issuer));
    }

    pub fn set_keys(&self, url: &str, keys: Vec<Value>) {
        self.keys.lock().unwrap().insert(url.to_owned(), keys);
    }
}

pub fn issuer(url: &str, speaks_for: SpeaksFor, algorithm: Algorithm) -> Issuer {
    Issuer {
        url: url.to_owned(),
        pool: PoolId::parse("local_admins").unwrap(),
        speaks_for,
        algorithm,
        user_clients: vec![ClientId::parse("people").unwrap()],
        machine_clients: vec![ClientId::parse("machines").unwrap()],
    }
}

/// A verifier that knows one issuer of admins, with one key.
pub struct Stand {
    pub clock: Arc<Still>,
    pub known: Arc<Known>,
    pub signer: Signer,
    pub verifier: Arc<Verifier>,
}

impl Stand {
    pub fn new() -> Self {
        Self::with(Signer::es256(), Algorithm::Es256)
    }

    pub fn with(signer: Signer, algorithm: Algorithm) -> Self {
        let clock = Arc::new(Still(AtomicI64::new(NOW * 1000)));
        let known = Arc::new(Known::default());
        known.add(issuer(URL, SpeaksFor::Admins, algorithm), vec![signer.jwk("k1")]);
        let issuers: Arc<dyn Issuers> = Arc::clone(&known) as _;
        let verifier = Arc::new(Verifier::new(issuers, Arc::clone(&clock) as _));
        Self { clock, known, signer, verifier }
    }

    pub fn token(&self, claims: &Value) -> String {
        self.signer.token("k1", claims)
    }
}

/// Claims of a person's access token as `InitiateAuth` gives them, with some changed; null takes one out.
pub fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": URL,
        "sub": "5d3b",
        "token_use": "access",
        "client_id": "people",
        "username": "admin",
        "scope": "aws.cognito.signin.user.admin",
        "cognito:groups": ["SystemAdmin"],
        "iat": NOW - 10,
        "exp": NOW + 3600,
    });
    let Value::Object(changes) = changes else { unreachable!("changes are an object") };
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() { drop(all.remove(&name)) } else { drop(all.insert(name, value)) }
    }
    claims
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Its JSON, after holding it against what every problem document must have.
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let document = self.json();
        assert_eq!(document["status"], status);
        assert_eq!(document["statusCode"], status);
        assert_eq!(document["detail"], document["message"]);
        assert!(document["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert!(document["title"].is_string() && document["type"].is_string());
        document
    }
}

pub async fn send(router: &Router, request: Request) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: head.status, headers: head.headers, body }
}

/// A request to localhost without a body.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}
