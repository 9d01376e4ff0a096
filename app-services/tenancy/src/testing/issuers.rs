//! Issuers that sign for whomever a test names. An issuer is bound to what it may speak for, as the real ones are;
//! what its tokens claim is up to the test.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as JwtAlgorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_ports::identity::{Algorithm, IdentityError, Issuer, Issuers, SpeaksFor};

use super::TokioClock;

/// One key for all issuers; a wrong issuer is told by its URL.
pub struct Signer {
    key: EncodingKey,
    /// Its public half, as it is published.
    pub(super) jwk: Value,
}

/// Which issuer signs.
#[derive(Debug, Clone, Copy)]
pub enum Speaker<'a> {
    Pooled,
    Tenant(&'a str),
    Admins,
}

pub(super) const BASE: &str = "http://issuer.test/";
const CLIENT: &str = "app";
pub(super) const KEY: &str = "k1";

impl Speaker<'_> {
    fn pool(self) -> String {
        match self {
            Self::Pooled => "pooled".into(),
            Self::Tenant(id) => format!("of-{id}"),
            Self::Admins => "admins".into(),
        }
    }
}

impl Default for Signer {
    fn default() -> Self {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let pkcs8 = made.unwrap_or_else(|e| panic!("no key could be made: {e}"));
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref());
        let pair = pair.unwrap_or_else(|e| panic!("the key made makes no sense: {e}"));
        // Uncompressed: a 4, then both coordinates.
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let key = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY, "x": x, "y": y});
        Self { key: EncodingKey::from_ec_der(pkcs8.as_ref()), jwk: key }
    }
}

impl Signer {
    /// An ID token of a tenant's person, good for an hour.
    pub fn token(&self, speaker: Speaker<'_>, tenant: &str, role: &str) -> String {
        self.sign(speaker, &json!({ "custom:tenantId": tenant, "custom:userRole": role }))
    }

    /// A token with these claims over the usual ones.
    pub fn sign(&self, speaker: Speaker<'_>, claims: &Value) -> String {
        self.sign_as(KEY, &Self::claims(speaker, claims))
    }

    /// The usual claims of a tenant's person, with these over them.
    pub(super) fn claims(speaker: Speaker<'_>, claims: &Value) -> Value {
        let now = TokioClock::START.seconds();
        let mut all = json!({
            "iss": format!("{BASE}{}", speaker.pool()), "sub": "s1", "aud": CLIENT, "token_use": "id",
            "iat": now, "exp": now + 3600, "cognito:username": "ada",
            "custom:tenantName": "acme", "custom:tenantTier": "basic",
        });
        if let (Value::Object(all), Value::Object(claims)) = (&mut all, claims) {
            all.extend(claims.clone());
        }
        all
    }

    /// Signs with our key, and says it was one of that name.
    pub(super) fn sign_as(&self, kid: &str, claims: &Value) -> String {
        let mut header = Header::new(JwtAlgorithm::ES256);
        header.kid = Some(kid.into());
        encode(&header, claims, &self.key).unwrap_or_else(|e| panic!("a token could not be signed: {e}"))
    }
}

#[async_trait]
impl Issuers for Signer {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        let Some(name) = url.strip_prefix(BASE) else { return Ok(None) };
        let speaks_for = match (name, name.strip_prefix("of-").map(TenantId::parse)) {
            ("pooled", _) => SpeaksFor::Pooled,
            ("admins", _) => SpeaksFor::Admins,
            (_, Some(Ok(tenant))) => SpeaksFor::Tenant(tenant),
            _ => return Ok(None),
        };
        let (Ok(pool), Ok(client)) = (PoolId::parse(name), ClientId::parse(CLIENT)) else { return Ok(None) };
        Ok(Some(Arc::new(Issuer {
            url: url.to_owned(),
            pool,
            speaks_for,
            algorithm: Algorithm::Es256,
            user_clients: vec![client],
            machine_clients: Vec::new(),
        })))
    }

    async fn keys(&self, _: &Issuer) -> Result<Vec<u8>, IdentityError> {
        Ok(json!({ "keys": [self.jwk] }).to_string().into_bytes())
    }
}
