//! Every way a token can be wrong that we could think of.

use serde_json::{Value, json};
use tenantry_ports::identity::{Algorithm, SpeaksFor};
use tenantry_web::AuthError;

use crate::support::{NOW, Signer, Stand, URL, assemble, claims, issuer};

async fn refused(stand: &Stand, what: &str, token: &str) {
    // Twice: nothing may be remembered of a bad token.
    for _ in 0..2 {
        match stand.verifier.verify(token).await {
            Err(AuthError::Invalid(_)) => {}
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn claims_that_are_not_right() {
    let stand = Stand::new();
    let other = "http://127.0.0.1:8080/local_other";
    for (what, changes) in [
        ("expired", json!({ "exp": NOW - 6 })),
        ("no expiry", json!({ "exp": null })),
        ("an expiry that is a text", json!({ "exp": (NOW + 100).to_string() })),
        ("not valid yet", json!({ "nbf": NOW + 6 })),
        ("an nbf that is a text", json!({ "nbf": "soon" })),
        ("another issuer", json!({ "iss": other })),
        ("an issuer with a slash more", json!({ "iss": format!("{URL}/") })),
        ("no issuer", json!({ "iss": null })),
        ("another client", json!({ "client_id": "strangers" })),
        ("no client", json!({ "client_id": null })),
        ("an audience in place of a client", json!({ "client_id": null, "aud": "people" })),
        ("an ID token for another audience", json!({ "token_use": "id", "aud": "strangers" })),
        ("an ID token for a machine", json!({ "token_use": "id", "aud": "machines" })),
        ("an ID token with a client only", json!({ "token_use": "id" })),
        ("another use", json!({ "token_use": "refresh" })),
        ("no use", json!({ "token_use": null })),
        ("no subject", json!({ "sub": null })),
    ] {
        refused(&stand, what, &stand.token(&claims(changes))).await;
    }
    assert!(stand.verifier.verify(&stand.token(&claims(json!({})))).await.is_ok(), "the good one");
}

#[tokio::test]
async fn signatures_that_are_not_right() {
    let stand = Stand::new();
    let good = claims(json!({}));
    let token = stand.token(&good);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();

    let forged = stand.token(&claims(json!({ "sub": "somebody-else" })));
    let (forged_message, _) = forged.rsplit_once('.').unwrap();
    refused(&stand, "tampered claims", &format!("{forged_message}.{signature}")).await;
    refused(&stand, "no signature", &format!("{message}.")).await;
    refused(&stand, "a signature cut short", &token[..token.len() - 4]).await;
    refused(&stand, "another's key", &Signer::es256().token("k1", &good)).await;
    refused(&stand, "an unknown key id", &stand.signer.token("k2", &good)).await;
    refused(&stand, "more parts", &format!("{token}.{header}")).await;
    refused(&stand, "fewer parts", message).await;
    refused(&stand, "no token", "hello").await;
    refused(&stand, "a very long text", &"a.".repeat(20_000)).await;
}

#[tokio::test]
async fn headers_that_are_not_right() {
    let stand = Stand::new();
    let good = claims(json!({}));
    let bare = |header: Value| assemble(&header, &good, |_| Vec::new());
    for alg in ["none", "None", "NONE", ""] {
        refused(&stand, "alg none", &bare(json!({ "alg": alg, "kid": "k1" }))).await;
    }
    let public = stand.signer.jwk("k1").to_string();
    let with_public_key = |message: &[u8]| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
        aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
    };
    let hs256 = assemble(&json!({ "alg": "HS256", "kid": "k1" }), &good, with_public_key);
    refused(&stand, "HS256 with the public key", &hs256).await;
    refused(&stand, "no key id", &bare(json!({ "alg": "ES256" }))).await;
    refused(&stand, "critical extensions", &bare(json!({ "alg": "ES256", "kid": "k1", "crit": ["x"] }))).await;
}

#[tokio::test]
async fn a_sound_token_of_the_algorithm_that_is_not_pinned() {
    let stand = Stand::new();
    let rsa = Signer::rs256();
    // Its public key is even published.
    stand.known.set_keys(URL, vec![stand.signer.jwk("k1"), rsa.jwk("r1")]);
    refused(&stand, "RS256", &rsa.token("r1", &claims(json!({})))).await;
}

#[tokio::test]
async fn one_issuers_key_does_not_sign_for_another() {
    let stand = Stand::new();
    let tenant = "http://127.0.0.1:8080/local_tenant";
    let theirs = Signer::es256();
    let pooled = issuer(tenant, SpeaksFor::Pooled, Algorithm::Es256);
    stand.known.add(pooled, vec![theirs.jwk("k1")]);
    refused(&stand, "a tenant's key", &theirs.token("k1", &claims(json!({})))).await;
    assert!(stand.verifier.verify(&theirs.token("k1", &claims(json!({ "iss": tenant })))).await.is_ok());
}
