//! A JWK set, as far as one issuer's pinned algorithm can use it.

use std::collections::HashMap;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use tenantry_ports::identity::Algorithm;

/// The smallest RSA modulus worth trusting, in bytes of base64 (2048 bits).
const RSA_MODULUS: usize = 342;

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    kty: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// Keys by their id. Those of another kind are left out: no token of this issuer may use them.
pub fn parse(json: &[u8], algorithm: Algorithm) -> Result<HashMap<String, DecodingKey>, serde_json::Error> {
    let set: Set = serde_json::from_slice(json)?;
    let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Key>(key).ok());
    Ok(known.filter_map(|key| Some((key.kid.clone(), usable(&key, algorithm)?))).collect())
}

fn usable(key: &Key, algorithm: Algorithm) -> Option<DecodingKey> {
    let name = match algorithm {
        Algorithm::Es256 => "ES256",
        Algorithm::Rs256 => "RS256",
    };
    let for_signing = key.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
    let for_this = key.alg.as_deref().is_none_or(|alg| alg == name);
    if !for_signing || !for_this {
        return None;
    }
    match (algorithm, key.kty.as_str()) {
        (Algorithm::Es256, "EC") if key.crv.as_deref() == Some("P-256") => {
            DecodingKey::from_ec_components(key.x.as_deref()?, key.y.as_deref()?).ok()
        }
        (Algorithm::Rs256, "RSA") => {
            let modulus = key.n.as_deref().filter(|n| n.len() >= RSA_MODULUS)?;
            DecodingKey::from_rsa_components(modulus, key.e.as_deref()?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_of_the_pinned_kind_for_signing() {
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let ec = |kid: &str, extra: Value| {
            let mut key = json!({ "kid": kid, "kty": "EC", "crv": "P-256", "x": x, "y": y });
            key.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            key
        };
        let set = json!({ "keys": [
            ec("good", json!({ "alg": "ES256", "use": "sig" })),
            ec("bare", json!({})),
            ec("encrypts", json!({ "use": "enc" })),
            ec("other-algorithm", json!({ "alg": "ES384" })),
            ec("other-curve", json!({ "crv": "P-384" })),
            { "kid": "oct", "kty": "oct", "k": "AAAA" },
            { "kty": "EC", "crv": "P-256", "x": x, "y": y },
            { "kid": "short", "kty": "RSA", "n": "AQAB", "e": "AQAB" },
            "not even an object",
        ]});
        let json = set.to_string();
        let mut kids: Vec<_> = parse(json.as_bytes(), Algorithm::Es256).unwrap().into_keys().collect();
        kids.sort();
        assert_eq!(kids, ["bare", "good"]);
        assert!(parse(json.as_bytes(), Algorithm::Rs256).unwrap().is_empty());
        assert!(parse(b"{}", Algorithm::Es256).is_err());
    }
}
