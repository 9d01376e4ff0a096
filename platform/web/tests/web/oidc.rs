//! Tokens of Keycloak and Auth0, and what they grant.

use std::sync::Arc;

use serde_json::{Value, json};
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::{Issuers, SpeaksFor};
use tenantry_web::{AnyIssuers, AuthError, OidcIssuer, ScopePolicy, Verifier};

use crate::support::{Known, NOW, Signer, Stand, claims};

const KEYCLOAK: &str = "https://sso.example.com/realms/provider";

fn configured(claims: &[&str]) -> OidcIssuer {
    serde_json::from_value(json!({
        "name": "keycloak",
        "url": KEYCLOAK,
        "jwksUrl": format!("{KEYCLOAK}/protocol/openid-connect/certs"),
        "audience": "tenantry-api",
        "clients": ["portal"],
        "claims": claims,
        "grants": { "tenants:read": ["tenant/tenant_read"], "operator": ["tenant/tenant_read", "tenant/tenant_write"] },
    }))
    .unwrap()
}

/// A verifier that knows Cognito's issuer and Keycloak's.
fn stand(paths: &[&str]) -> (Stand, Verifier, Signer) {
    let stand = Stand::new();
    let signer = Signer::rs256();
    let (issuer, _, map) = configured(paths).parts();
    assert_eq!(issuer.speaks_for, SpeaksFor::Admins);
    let foreign = Arc::new(Known::default());
    foreign.add(issuer, vec![signer.jwk("k1")]);
    let known: Arc<dyn Issuers> = Arc::clone(&stand.known) as _;
    let any = AnyIssuers(vec![known, foreign as _]);
    let clock: Arc<dyn Clock> = Arc::clone(&stand.clock) as _;
    let verifier = Verifier::new(Arc::new(any), clock).reading(KEYCLOAK, map);
    (stand, verifier, signer)
}

fn token(signer: &Signer, changes: &Value) -> String {
    let mut claims = json!({
        "iss": KEYCLOAK,
        "sub": "f3a1",
        "typ": "Bearer",
        "azp": "portal",
        "aud": ["account", "tenantry-api"],
        "preferred_username": "ada",
        "realm_access": { "roles": ["operator", "offline_access"] },
        "scope": "openid tenants:read tenant/tenant_write",
        "exp": NOW + 60,
    });
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap().clone() {
        if value.is_null() { drop(all.remove(&name)) } else { drop(all.insert(name, value)) }
    }
    signer.token("k1", &claims)
}

#[tokio::test]
async fn a_claims_values_grant_what_the_configuration_says_and_nothing_else() {
    let policy = ScopePolicy::default();
    for (paths, can_write) in [(&["realm_access.roles"][..], true), (&["scope"][..], false), (&["no.such"][..], false)]
    {
        let (_stand, verifier, signer) = stand(paths);
        let caller = verifier.verify(&token(&signer, &json!({}))).await.unwrap();
        assert_eq!((caller.subject.as_str(), caller.username.as_deref()), ("f3a1", Some("ada")));
        assert_eq!(policy.allows(&caller, "tenant/tenant_read"), paths != ["no.such"]);
        // A scope of ours that the issuer writes itself is a value like any other.
        assert_eq!(policy.allows(&caller, "tenant/tenant_write"), can_write, "{paths:?}");
        assert!(!policy.allows(&caller, "user/user_read"));
    }
    let (_stand, verifier, signer) = stand(&["https://api.example.com/roles", "permissions"]);
    let auth0 = json!({ "https://api.example.com/roles": ["operator"], "aud": "tenantry-api", "typ": null });
    let caller = verifier.verify(&token(&signer, &auth0)).await.unwrap();
    assert!(policy.allows(&caller, "tenant/tenant_write"));
}

#[tokio::test]
async fn tokens_for_others_are_refused() {
    let (stand, verifier, signer) = stand(&["realm_access.roles"]);
    for bad in [
        json!({ "aud": "portal" }),
        json!({ "aud": null }),
        json!({ "aud": "other tenantry-api" }),
        json!({ "azp": "somebody" }),
        json!({ "azp": null }),
        json!({ "typ": "ID" }),
        json!({ "typ": "Refresh" }),
        json!({ "sub": null }),
        json!({ "exp": NOW - 60 }),
        json!({ "exp": null }),
        json!({ "nbf": NOW + 600 }),
        json!({ "iss": "https://sso.example.com/realms/other" }),
    ] {
        let refused = verifier.verify(&token(&signer, &bad)).await;
        assert!(matches!(refused, Err(AuthError::Invalid(_))), "{bad}");
    }
    // Neither issuer speaks for the other, and Cognito's tokens are read as ever.
    let forged = stand.signer.token("k1", &json!({ "iss": KEYCLOAK, "exp": NOW + 60 }));
    assert!(matches!(verifier.verify(&forged).await, Err(AuthError::Invalid(_))));
    assert!(verifier.verify(&stand.token(&claims(json!({})))).await.unwrap().is_user());
}

#[test]
fn a_configuration_that_would_take_id_tokens_or_is_not_secure_is_refused() {
    assert_eq!(configured(&["scope"]).faults(), Vec::<String>::new());
    let mut bad = configured(&[]);
    bad.audience = "portal".to_owned();
    bad.url = "http://sso.example.com".to_owned();
    let faults = bad.faults().join("\n");
    for part in ["url must", "not be a client", "who may do what"] {
        assert!(faults.contains(part), "{faults}");
    }
    assert!(serde_json::from_value::<OidcIssuer>(json!({ "name": "a b" })).is_err());
}
