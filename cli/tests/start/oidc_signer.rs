//! An OpenID Connect issuer that is not shaped like Cognito: a key set on a port of its own, and tokens.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Json;
use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenantry_embedded::clock::SystemClock;
use tenantry_ports::clock::Clock as _;

pub struct OidcSigner {
    pub url: String,
    key: RsaKeyPair,
}

impl OidcSigner {
    pub async fn start() -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = key.public_key();
        let n = text(public.modulus().big_endian_without_leading_zero());
        let e = text(public.exponent().big_endian_without_leading_zero());
        let keys = json!({ "keys": [{ "kid": "k1", "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e }] });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = get(move || std::future::ready(Json(keys.clone())));
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/certs", answer)).await.unwrap() });
        Self { url, key }
    }

    /// The file that lets its tokens in: whoever has the role `reader` may read tenants.
    pub fn issuers_toml(&self) -> String {
        format!(
            "[[issuers]]\nname = \"office\"\nurl = \"{url}\"\njwksUrl = \"{url}/certs\"\naudience = \"tenantry\"\n\
             clients = [\"console\"]\nclaims = [\"roles\"]\ngrants = {{ reader = [\"tenant/tenant_read\"] }}\n",
            url = self.url
        )
    }

    pub fn token(&self, role: &str) -> String {
        self.token_as(role, self)
    }

    /// A token that says it is of another issuer.
    pub fn token_as(&self, role: &str, issuer: &Self) -> String {
        let expires = SystemClock::new().now().plus(Duration::from_secs(600));
        let claims = json!({
            "iss": issuer.url, "sub": "ada", "aud": "tenantry", "azp": "console", "client_id": "console",
            "exp": expires.seconds(), "roles": [role],
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": "RS256", "kid": "k1" })), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
