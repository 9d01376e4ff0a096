//! Issuers with real keys, and tokens good and bad.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_ports::identity::{Algorithm, IdentityError, Issuer, Issuers, SpeaksFor};

use crate::stand::NOW;

pub const ADMINS: &str = "http://127.0.0.1:8080/local_admins";
pub const POOLED: &str = "http://127.0.0.1:8080/local_pooled";
/// Another issuer of admins, whose clients have the same ids.
pub const OTHERS: &str = "https://sso.example.com";

pub struct Keys(EcdsaKeyPair);

impl Keys {
    pub fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kid": "k1", "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
            "x": text(&point[1..33]), "y": text(&point[33..65])})
    }

    pub fn token(&self, kid: &str, claims: &Value) -> String {
        assemble(&json!({"alg": "ES256", "kid": kid}), claims, |message| {
            self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        })
    }
}

fn assemble(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// The admins' issuers and the pooled tenants'.
pub struct Known {
    pub admins: Keys,
    pub pooled: Keys,
    pub others: Keys,
}

impl Known {
    pub fn new() -> Self {
        Self { admins: Keys::new(), pooled: Keys::new(), others: Keys::new() }
    }
}

#[async_trait]
impl Issuers for Known {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        let speaks_for = match url {
            ADMINS | OTHERS => SpeaksFor::Admins,
            POOLED => SpeaksFor::Pooled,
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(Issuer {
            url: url.to_owned(),
            pool: PoolId::parse(if url == OTHERS { "sso" } else { "local_any" }).unwrap(),
            speaks_for,
            algorithm: Algorithm::Es256,
            user_clients: vec![ClientId::parse("people").unwrap()],
            machine_clients: vec![ClientId::parse("machines").unwrap(), ClientId::parse("others").unwrap()],
        })))
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError> {
        let keys = match issuer.url.as_str() {
            ADMINS => &self.admins,
            OTHERS => &self.others,
            _ => &self.pooled,
        };
        Ok(json!({"keys": [keys.jwk()]}).to_string().into_bytes())
    }
}

/// An admin's access token as `InitiateAuth` gives it, with some claims changed; null takes one out.
pub fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ADMINS, "sub": "5d3b", "token_use": "access", "client_id": "people", "username": "admin",
        "scope": "aws.cognito.signin.user.admin", "cognito:groups": ["SystemAdmin"],
        "iat": NOW - 10, "exp": NOW + 36_000,
    });
    let Value::Object(changes) = changes else { unreachable!("changes are an object") };
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() { drop(all.remove(&name)) } else { drop(all.insert(name, value)) }
    }
    claims
}

/// A machine's token with these scopes.
pub fn machine(scopes: &str) -> Value {
    claims(json!({"client_id": "machines", "username": null, "cognito:groups": null, "scope": scopes}))
}

/// Tokens that are not valid, and why.
pub fn not_valid(known: &Known) -> Vec<(&'static str, Option<String>)> {
    let signed = |changes: Value| Some(known.admins.token("k1", &claims(changes)));
    let good = claims(json!({}));
    let public = known.admins.jwk().to_string();
    let hs256 = assemble(&json!({"alg": "HS256", "kid": "k1"}), &good, |message| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
        aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
    });
    vec![
        ("none at all", None),
        ("no token", Some("hello".into())),
        ("expired", signed(json!({"exp": NOW - 60}))),
        ("wrong issuer", signed(json!({"iss": "http://127.0.0.1:8080/local_strange"}))),
        ("wrong client", signed(json!({"client_id": "strangers"}))),
        ("wrong audience", signed(json!({"token_use": "id", "client_id": null, "aud": "strangers"}))),
        ("wrong token_use", signed(json!({"token_use": "refresh"}))),
        ("alg none", Some(assemble(&json!({"alg": "none", "kid": "k1"}), &good, |_| Vec::new()))),
        ("HS256 with the public key", Some(hs256)),
        ("unknown kid", Some(known.admins.token("k2", &good))),
        ("another issuer's key", Some(known.pooled.token("k1", &good))),
    ]
}

/// Tokens that are valid and allow nothing here.
pub fn not_for_us(known: &Known) -> Vec<(&'static str, String)> {
    let signed = |changes: Value| known.admins.token("k1", &claims(changes));
    vec![
        ("an ID token", signed(json!({"token_use": "id", "client_id": null, "aud": "people"}))),
        ("a tenants' issuer", known.pooled.token("k1", &claims(json!({"iss": POOLED})))),
        ("nobody's groups", signed(json!({"cognito:groups": []}))),
        ("an unknown group", signed(json!({"cognito:groups": ["Gardeners"]}))),
        ("no scope", signed(json!({"scope": null}))),
    ]
}
