//! Other issuers of admins' tokens, from the file that names them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tenantry_ports::identity::Issuer;
use tenantry_web::{ClaimMap, OidcIssuer};

use super::Values;

/// `[[issuers]]` in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    issuers: Vec<OidcIssuer>,
}

#[derive(Default)]
pub struct Oidc {
    /// Each with the address of its keys.
    pub issuers: Vec<(Issuer, String)>,
    /// How their tokens' claims are read, by issuer.
    pub claims: BTreeMap<String, ClaimMap>,
}

impl Oidc {
    /// Whatever is wrong is noted.
    pub fn read(values: &mut Values) -> Self {
        let mut oidc = Self::default();
        let file = values.read("oidc-issuers", |path| {
            let text = std::fs::read_to_string(path).map_err(|e| format!("{path} cannot be read: {e}"))?;
            toml::from_str::<File>(&text).map_err(|e| format!("{path}: {e}"))
        });
        let mut names = BTreeSet::new();
        for issuer in file.into_iter().flat_map(|file| file.issuers) {
            if !names.insert(issuer.name.clone()) {
                values.faults.say("oidc-issuers", format_args!("two issuers have the name {}", issuer.name));
            }
            let faults = issuer.faults();
            for fault in &faults {
                values.faults.say("oidc-issuers", fault);
            }
            let (issuer, keys, claims) = issuer.parts();
            if faults.is_empty() && oidc.claims.insert(issuer.url.clone(), claims).is_some() {
                values.faults.say("oidc-issuers", format_args!("the issuer {} is there twice", issuer.url));
            }
            oidc.issuers.push((issuer, keys));
        }
        oidc
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(issuers: &[(&str, &str)]) -> String {
        let one = |(name, url): &(&str, &str)| {
            format!(
                "[[issuers]]\nname = {name:?}\nurl = {url:?}\njwksUrl = \"{url}/certs\"\naudience = \"api\"\n\
                 clients = [\"portal\"]\nclaims = [\"scope\"]\ngrants = {{ reader = [\"tenant/tenant_read\"] }}\n"
            )
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("issuers.toml");
        std::fs::write(&path, issuers.iter().map(one).collect::<String>()).unwrap();
        let given = BTreeMap::from([("oidc-issuers", path.to_string_lossy().into_owned())]);
        let mut values = Values::find(&given, None, |setting| setting.key == "oidc-issuers");
        Oidc::read(&mut values);
        values.faults.check().map_or_else(|faults| faults.to_string(), |()| String::new())
    }

    #[test]
    fn each_issuer_has_a_name_and_an_address_of_its_own() {
        let (one, two) = ("https://one.example.com", "https://two.example.com");
        assert_eq!(told(&[("one", one), ("two", two)]), "");
        let same_name = told(&[("one", one), ("one", two)]);
        assert!(same_name.contains("two issuers have the name one"), "{same_name}");
        let same_address = told(&[("one", one), ("two", one)]);
        assert!(same_address.contains("is there twice"), "{same_address}");
    }
}
