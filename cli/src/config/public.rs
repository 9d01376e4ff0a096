//! The settings of `tenantry up` that people outside this machine see: its addresses, and who gets in.

use std::path::PathBuf;

use clap::Args;
use tenantry_contract::name::Email;
use url::Url;

use super::file::File;
use super::{Faults, Oidc};

const ADMIN_EMAIL: &str = "admin@example.com";

#[derive(Debug, Args)]
pub struct PublicArgs {
    /// Where a proxy with TLS makes the admin API and the sign-in pages reachable, such as `https://api.example.com`:
    /// issuers, cookies, mails and credentials.json say it [default: the address they listen at]
    #[arg(long, value_name = "ORIGIN", env = "TENANTRY_PUBLIC_URL")]
    public_url: Option<String>,
    /// The same for the tenants' gateway, such as `https://app.example.com` [default: the address it listens at]
    #[arg(long, value_name = "ORIGIN", env = "TENANTRY_GATEWAY_PUBLIC_URL")]
    gateway_public_url: Option<String>,
    /// E-mail address of the first admin, whom the first start makes; by default `admin@example.com`
    #[arg(long, value_name = "EMAIL", env = "TENANTRY_ADMIN_EMAIL")]
    admin_email: Option<String>,
    /// A file with other OpenID Connect issuers of admins' tokens
    #[arg(long, value_name = "FILE", env = "TENANTRY_OIDC_ISSUERS")]
    oidc_issuers: Option<PathBuf>,
}

/// Checked settings.
pub struct Public {
    /// None where it is the address of the listener.
    pub url: Option<PublicUrl>,
    pub gateway_url: Option<PublicUrl>,
    pub admin_email: Email,
    pub oidc: Oidc,
}

impl Public {
    /// The hosts that requests through a proxy name.
    pub fn hosts(&self) -> Vec<String> {
        [&self.url, &self.gateway_url].into_iter().flatten().map(|url| url.host.clone()).collect()
    }
}

/// An origin that others reach a listener at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Without a slash at its end.
    pub origin: String,
    /// The host of requests that come by it, without the port.
    pub host: String,
}

impl PublicArgs {
    /// The keys of a configuration file.
    pub const KEYS: [&str; 4] = ["public-url", "gateway-public-url", "admin-email", "oidc-issuers"];

    /// Whatever is wrong is noted; then there are no settings.
    pub fn check(self, file: &File, faults: &mut Faults) -> Option<Public> {
        let Self { public_url, gateway_public_url, admin_email, oidc_issuers } = self;
        let mut url = |given: Option<String>, key: &str| {
            given.or_else(|| file.one(key)).and_then(|text| faults.take(key, public_url_of(&text)))
        };
        let (url, gateway_url) = (url(public_url, "public-url"), url(gateway_public_url, "gateway-public-url"));
        let admin_email = admin_email.or_else(|| file.one("admin-email")).unwrap_or_else(|| ADMIN_EMAIL.to_owned());
        let admin_email = faults.take("admin-email", Email::parse(&admin_email));
        let issuers = oidc_issuers.map(|path| path.to_string_lossy().into_owned()).or_else(|| file.one("oidc-issuers"));
        let oidc = Oidc::read(issuers.as_deref(), faults);
        Some(Public { url, gateway_url, admin_email: admin_email?, oidc })
    }
}

fn public_url_of(text: &str) -> Result<PublicUrl, String> {
    let bad = |why: &str| format!("{text:?} {why}; give scheme and host, such as https://api.example.com");
    let url = Url::parse(text).map_err(|_| bad("is no URL"))?;
    let host = url.host_str().filter(|host| !host.is_empty());
    let (Some(host), "http" | "https") = (host, url.scheme()) else { return Err(bad("is not of http or https")) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("has a user or a password"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("has a path, a query or a fragment, and is served at the root of its host alone"));
    }
    Ok(PublicUrl { origin: url.origin().ascii_serialization(), host: host.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_as_browsers_write_it() {
        for (text, origin, host) in [
            ("https://API.example.com", "https://api.example.com", "api.example.com"),
            ("https://api.example.com:443/", "https://api.example.com", "api.example.com"),
            ("http://10.0.0.7:8080", "http://10.0.0.7:8080", "10.0.0.7"),
            ("https://[2001:db8::7]:8443", "https://[2001:db8::7]:8443", "[2001:db8::7]"),
        ] {
            let url = public_url_of(text).unwrap();
            assert_eq!((url.origin.as_str(), url.host.as_str()), (origin, host), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_words() {
        for (text, words) in [
            ("", "is no URL"),
            ("api.example.com", "is no URL"),
            ("ftp://api.example.com", "is not of http or https"),
            ("https://ada@api.example.com", "has a user"),
            ("https://example.com/tenantry", "has a path"),
            ("https://example.com?x=1", "has a path, a query"),
        ] {
            let said = public_url_of(text).unwrap_err();
            assert!(said.contains(words) && said.contains("such as https://api.example.com"), "{text}: {said}");
        }
    }
}
