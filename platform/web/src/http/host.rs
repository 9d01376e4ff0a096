//! The check of `Host`: a page that got its name to resolve to us must not be answered.

use axum::extract::Request;
use http::header::HOST;
use http::uri::Authority;

use crate::health::PROBES;
use crate::problem::Problem;

/// The names of this machine, to itself.
pub const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

pub fn check(request: &Request, allowed: &[String]) -> Result<(), Problem> {
    if PROBES.contains(&request.uri().path()) {
        return Ok(());
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Problem::bad_request("One Host header is needed."));
    };
    let named = host.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
    // A proxy's form of a request names it twice; both must be ours.
    let target = request.uri().authority();
    let ours = named.is_some_and(|host| served(&host, allowed)) && target.is_none_or(|host| served(host, allowed));
    if ours { Ok(()) } else { Err(Problem::bad_request("This host is not served here.")) }
}

fn served(host: &Authority, allowed: &[String]) -> bool {
    let plain = !host.as_str().contains('@');
    let named = |entry: &String| entry.eq_ignore_ascii_case(host.host()) || entry.eq_ignore_ascii_case(host.as_str());
    plain && allowed.iter().any(named)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn answer(hosts: &[&str], uri: &str) -> bool {
        let allowed: Vec<String> = LOOPBACK.iter().chain(&["api.example.com:8443"]).map(|s| (*s).to_owned()).collect();
        let mut request = Request::get(uri).body(Body::empty()).unwrap();
        for host in hosts {
            request.headers_mut().append(HOST, host.parse().unwrap());
        }
        check(&request, &allowed).is_ok()
    }

    #[test]
    fn only_our_names() {
        for good in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:80", "[::1]", "api.example.com:8443"] {
            assert!(answer(&[good], "/x"), "{good}");
        }
        let bad = ["evil.example", "localhost.evil.example", "127.0.0.2", "api.example.com", "u@localhost", "", "a b"];
        for bad in bad {
            assert!(!answer(&[bad], "/x"), "{bad}");
        }
    }

    #[test]
    fn exactly_one_host_unless_it_is_a_probe() {
        assert!(!answer(&[], "/x"));
        assert!(!answer(&["localhost", "localhost"], "/x"));
        assert!(answer(&[], "/healthz"));
        assert!(answer(&["10.0.0.7:8080"], "/readyz"));
    }

    #[test]
    fn the_target_must_be_ours_too() {
        assert!(answer(&["localhost"], "http://localhost/x"));
        assert!(!answer(&["localhost"], "http://evil.example/x"));
    }
}
