use std::collections::BTreeSet;

use serde_json::Value;
use tenantry_ports::identity::{Algorithm, SpeaksFor};

use super::IdentitySubject;

pub async fn an_issuer_speaks_for_its_own(s: IdentitySubject) {
    let speakers = [SpeaksFor::Admins, SpeaksFor::Pooled, SpeaksFor::Tenant(s.dedicated.clone())];
    let mut pools = BTreeSet::new();
    for (url, speaks_for) in s.urls.iter().zip(speakers) {
        let issuer = s.issuers.issuer(url).await.unwrap().expect("it is known");
        assert_eq!((&issuer.url, &issuer.speaks_for), (url, &speaks_for));
        assert!(!issuer.user_clients.is_empty());
        assert!(issuer.machine_clients.iter().all(|client| !issuer.user_clients.contains(client)));
        assert_eq!(issuer.machine_clients.is_empty(), speaks_for != SpeaksFor::Admins);
        pools.insert(issuer.pool.clone());
    }
    assert_eq!(pools.len(), 3);
}

pub async fn no_other_issuer_is_known(s: IdentitySubject) {
    for url in &s.urls {
        let no_scheme = url.replacen("http", "xttp", 1);
        for other in [format!("{url}/"), format!("{url}x"), format!("{url}/.."), no_scheme] {
            assert_eq!(s.issuers.issuer(&other).await.unwrap(), None, "{other}");
        }
    }
    for other in ["", "https://evil.example.com", "https://evil.example.com/local_000000000"] {
        assert_eq!(s.issuers.issuer(other).await.unwrap(), None, "{other}");
    }
}

/// The keys of every issuer's set.
async fn keys(s: &IdentitySubject) -> Vec<(Algorithm, Vec<Value>)> {
    let mut all = Vec::new();
    for url in &s.urls {
        let issuer = s.issuers.issuer(url).await.unwrap().expect("it is known");
        let set: Value = serde_json::from_slice(&s.issuers.keys(&issuer).await.unwrap()).unwrap();
        let keys = set["keys"].as_array().expect("a JWK set").clone();
        assert!(!keys.is_empty());
        all.push((issuer.algorithm, keys));
    }
    all
}

pub async fn an_issuers_keys_are_public(s: IdentitySubject) {
    for (algorithm, keys) in keys(&s).await {
        for key in keys {
            let (kind, parts): (&str, &[&str]) = match algorithm {
                Algorithm::Es256 => ("EC", &["x", "y", "crv"]),
                Algorithm::Rs256 => ("RSA", &["n", "e"]),
            };
            assert_eq!(key["kty"], kind);
            assert!(parts.iter().all(|part| key[part].is_string()), "{parts:?}");
            assert!(key["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none(), "a private member {private}");
            }
        }
    }
}

pub async fn issuers_share_no_key(s: IdentitySubject) {
    let ids: Vec<String> = keys(&s).await.iter().flat_map(|(_, k)| k).map(|key| key["kid"].to_string()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
