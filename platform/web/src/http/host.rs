//! The check of `Host`: a page that got its name to resolve to us must not be answered.

use std::net::IpAddr;

use axum::extract::Request;
use http::header::HOST;
use http::uri::Authority;

use super::HttpOptions;
use crate::health::PROBES;
use crate::problem::Problem;

/// The names of this machine, to itself.
pub const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

pub fn check(request: &Request, options: &HttpOptions) -> Result<(), Problem> {
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
    let ours = named.is_some_and(|host| served(&host, options)) && target.is_none_or(|host| served(host, options));
    if ours { Ok(()) } else { Err(not_served()) }
}

/// Whoever runs us reads how to have it served.
pub fn not_served() -> Problem {
    Problem::bad_request("This host is not served here. Name it with --allowed-host to have it served.")
}

fn served(host: &Authority, options: &HttpOptions) -> bool {
    let plain = !host.as_str().contains('@');
    let named = |entry: &String| entry.eq_ignore_ascii_case(host.host()) || entry.eq_ignore_ascii_case(host.as_str());
    let address = || host.host().trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    plain && (options.hosts.iter().any(named) || (options.by_address && address()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;

    use super::*;
    use crate::testing::Counting;

    fn answer(hosts: &[&str], uri: &str) -> bool {
        answer_by(hosts, uri, false)
    }

    fn answer_by(hosts: &[&str], uri: &str, by_address: bool) -> bool {
        let mut options = HttpOptions { by_address, ..HttpOptions::new(Arc::<Counting>::default()) };
        options.hosts.push("api.example.com:8443".to_owned());
        let mut request = Request::get(uri).body(Body::empty()).unwrap();
        for host in hosts {
            request.headers_mut().append(HOST, host.parse().unwrap());
        }
        check(&request, &options).is_ok()
    }

    #[test]
    fn addresses_where_others_are_to_reach_us() {
        for address in ["10.7.0.12:3010", "192.0.2.1", "[2001:db8::7]:3010"] {
            assert!(answer_by(&[address], "/x", true) && !answer(&[address], "/x"), "{address}");
        }
        assert!(!answer_by(&["evil.example:3010"], "/x", true) && !answer_by(&["u@10.7.0.12"], "/x", true));
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
