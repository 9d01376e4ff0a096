//! The `Host` check: a page of somebody else's that resolves its name to us gets nowhere.

use http::HeaderValue;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

pub struct Hosts(Vec<String>);

impl Hosts {
    pub fn new(hosts: Vec<String>) -> Self {
        Self(hosts)
    }

    /// Whether the request is meant for us. A proxy's form of a request names the host twice; both must be ours.
    pub fn serve(&self, parts: &Parts) -> bool {
        let mut hosts = parts.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        self.named(host) && parts.uri.authority().is_none_or(|host| self.is_ours(host))
    }

    /// Whether this names us.
    pub fn named(&self, host: &HeaderValue) -> bool {
        host.to_str().is_ok_and(|text| {
            self.0.iter().any(|own| own == text) || text.parse().is_ok_and(|host| self.is_ours(&host))
        })
    }

    fn is_ours(&self, host: &Authority) -> bool {
        let named = |own: &String| own.eq_ignore_ascii_case(host.host()) || own.eq_ignore_ascii_case(host.as_str());
        !host.as_str().contains('@') && self.0.iter().any(named)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn serves(uri: &str, hosts: &[&str]) -> bool {
        let own = Hosts::new(vec!["127.0.0.1".to_owned(), "App.example.com".to_owned(), "[::1]".to_owned()]);
        let request = hosts.iter().fold(Request::get(uri), |request, host| request.header(HOST, *host));
        own.serve(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn ports_and_case_do_not_matter() {
        for host in ["127.0.0.1", "127.0.0.1:8081", "app.EXAMPLE.com", "[::1]:80", "[::1]"] {
            assert!(serves("/", &[host]), "{host}");
        }
    }

    #[test]
    fn others_are_refused() {
        for host in ["evil.example", "127.0.0.1.evil.example", "", "app.example.com.", "x:127.0.0.1"] {
            assert!(!serves("/", &[host]), "{host}");
        }
        assert!(!serves("/", &[]));
        assert!(!serves("/", &["127.0.0.1", "evil.example"]));
        assert!(!serves("http://evil.example/", &["127.0.0.1"]));
    }
}
