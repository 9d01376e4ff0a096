//! Tokens that must not open anything, with what each of them is.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::issuers::{BASE, KEY};
use super::{Signer, Speaker, TokioClock};

impl Signer {
    /// Tokens that are not valid, each but for one fault a good one of that tenant's admin; and none at all.
    pub fn not_valid(&self, speaker: Speaker<'_>, tenant: &str) -> Vec<(&'static str, Option<String>)> {
        let claims = |fault: &Value| {
            let mut claims =
                Self::claims(speaker, &json!({"custom:tenantId": tenant, "custom:userRole": "TenantAdmin"}));
            if let (Value::Object(all), Value::Object(fault)) = (&mut claims, fault) {
                all.extend(fault.clone());
            }
            claims
        };
        let signed = |fault: &Value| Some(self.sign_as(KEY, &claims(fault)));
        let now = TokioClock::START.seconds();
        let good = claims(&json!({}));
        let token = self.sign_as(KEY, &good);
        let (message, _) = token.rsplit_once('.').unwrap_or_default();
        let with_public_key = |message: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, self.jwk.to_string().as_bytes());
            hmac::sign(&key, message).as_ref().to_vec()
        };
        vec![
            ("none at all", None),
            ("no token", Some("hello".into())),
            ("expired", signed(&json!({"exp": now - 60}))),
            ("not valid yet", signed(&json!({"nbf": now + 3600}))),
            ("wrong issuer", signed(&json!({"iss": format!("{BASE}of strangers")}))),
            ("wrong audience", signed(&json!({"aud": "strangers"}))),
            ("an access token of a wrong client", signed(&json!({"token_use": "access", "client_id": "strangers"}))),
            ("wrong token_use", signed(&json!({"token_use": "refresh"}))),
            ("alg none", Some(assembled(&json!({"alg": "none", "kid": KEY}), &good, |_| Vec::new()))),
            (
                "HS256 with the public key",
                Some(assembled(&json!({"alg": "HS256", "kid": KEY}), &good, with_public_key)),
            ),
            ("unknown kid", Some(self.sign_as("k2", &good))),
            ("another's key", Some(Self::default().sign_as(KEY, &good))),
            ("no signature", Some(format!("{message}."))),
        ]
    }

    /// Tokens that are valid, and that no service of the tenants that share theirs has anything for.
    pub fn not_for_pooled(&self, tenant: &str) -> Vec<(&'static str, String)> {
        let named = json!({"custom:tenantId": tenant, "custom:userRole": "TenantAdmin"});
        let access = json!({"custom:tenantId": tenant, "token_use": "access", "client_id": "app"});
        vec![
            ("an access token", self.sign(Speaker::Pooled, &access)),
            ("no tenant's", self.sign(Speaker::Pooled, &json!({}))),
            ("of a tenant that cannot be", self.sign(Speaker::Pooled, &json!({"custom:tenantId": "no tenant"}))),
            ("the admins' issuer", self.sign(Speaker::Admins, &named)),
            ("another tenant's issuer", self.sign(Speaker::Tenant("globex"), &named)),
            ("an issuer of its own", self.sign(Speaker::Tenant(tenant), &named)),
        ]
    }
}

fn assembled(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}
