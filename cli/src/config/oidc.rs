//! Other issuers of admins' tokens, from the file that names them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tenantry_ports::identity::Issuer;
use tenantry_web::{ClaimMap, OidcIssuer};

use super::Faults;

/// `[[issuers]]` in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    issuers: Vec<OidcIssuer>,
}

const SETTING: &str = "oidc-issuers";

#[derive(Default)]
pub struct Oidc {
    /// Each with the address of its keys.
    pub issuers: Vec<(Issuer, String)>,
    /// How their tokens' claims are read, by issuer.
    pub claims: BTreeMap<String, ClaimMap>,
}

impl Oidc {
    /// Reads the file, if there is one. Whatever is wrong is noted.
    pub fn read(path: Option<&str>, faults: &mut Faults) -> Self {
        let mut oidc = Self::default();
        let file = path.and_then(|path| faults.take(SETTING, read(path)));
        let mut names = BTreeSet::new();
        for issuer in file.into_iter().flat_map(|file| file.issuers) {
            if !names.insert(issuer.name.clone()) {
                faults.say(SETTING, format_args!("two issuers have the name {}", issuer.name));
            }
            let found = issuer.faults();
            for fault in &found {
                faults.say(SETTING, fault);
            }
            let (issuer, keys, claims) = issuer.parts();
            if found.is_empty() && oidc.claims.insert(issuer.url.clone(), claims).is_some() {
                faults.say(SETTING, format_args!("the issuer {} is there twice", issuer.url));
            }
            oidc.issuers.push((issuer, keys));
        }
        oidc
    }
}

fn read(path: &str) -> Result<File, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{path} cannot be read: {e}"))?;
    toml::from_str(&text).map_err(|e| format!("{path}: {e}"))
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
        let mut faults = Faults::default();
        Oidc::read(path.to_str(), &mut faults);
        faults.check().map_or_else(|faults| faults.to_string(), |()| String::new())
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
