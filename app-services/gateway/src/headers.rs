//! Which headers go on, either way.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, FORWARDED, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tenantry_web::http::{X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};

use crate::request_id::X_REQUEST_ID;

/// What the names of the issuer's cookies begin with.
pub const ISSUER_COOKIES: &str = "tenantry_";
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// Has the browser forget what it keeps for the host, the issuer's session with it.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// What we say of a request to the service.
pub struct Said<'a> {
    pub request_id: &'a HeaderValue,
    pub client: &'a HeaderValue,
    pub scheme: &'static str,
    /// What the client called us by, where that is not `Host`.
    pub host: Option<&'a HeaderValue>,
    /// A public path gets no token, also if one was sent.
    pub public: bool,
}

/// A request's headers as the service gets them. What a client could use to pass for us is left out, and so are
/// cookies: they are the issuer's, which may live on the same host. A name with '_' goes no further either: a service
/// behind CGI's or WSGI's rules reads it as the one with '-', so that `x_tenant_id` would pass for `x-tenant-id`.
pub fn onward(came: &HeaderMap, said: &Said<'_>) -> HeaderMap {
    let listed = listed(came);
    let mut goes = HeaderMap::with_capacity(came.len() + 4);
    for (name, value) in came {
        let dropped =
            is_hop_by_hop(name) || is_ours(name) || (said.public && name == AUTHORIZATION) || is_listed(&listed, name);
        if !dropped {
            goes.append(name.clone(), value.clone());
        }
    }
    if let Some(host) = said.host.or_else(|| came.get(HOST)) {
        goes.insert(X_FORWARDED_HOST, host.clone());
    }
    goes.insert(X_FORWARDED_FOR, said.client.clone());
    goes.insert(X_FORWARDED_PROTO, HeaderValue::from_static(said.scheme));
    goes.insert(X_REQUEST_ID, said.request_id.clone());
    goes
}

/// Takes from an answer what was meant for us alone, and what a service says of other origins: who may call is
/// settled here, for all of them. So is what a browser keeps for the host, which all of them share with the issuer.
pub fn strip_answer(headers: &mut HeaderMap) {
    let listed = listed(headers);
    let goes = |name: &HeaderName| {
        is_of_this_hop(name) || is_of_cors(name) || name == CLEAR_SITE_DATA || is_listed(&listed, name)
    };
    let gone: Vec<HeaderName> = headers.keys().filter(|name| goes(name)).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
    if headers.get_all(SET_COOKIE).iter().any(is_cookie_of_ours) {
        let cookies: Vec<_> = headers.get_all(SET_COOKIE).iter().filter(|c| !is_cookie_of_ours(c)).cloned().collect();
        headers.remove(SET_COOKIE);
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

/// The issuer may live on the same host, for which any port's answer sets cookies: no service signs a browser in or
/// out. One without a name comes back to the issuer as what its value says.
fn is_cookie_of_ours(cookie: &HeaderValue) -> bool {
    let text = cookie.as_bytes().trim_ascii_start();
    text.strip_prefix(b"=").unwrap_or(text).trim_ascii_start().starts_with(ISSUER_COOKIES.as_bytes())
}

/// Headers that `Connection` names as meant for this hop. Most often there is none.
fn listed(headers: &HeaderMap) -> Vec<&[u8]> {
    let values = headers.get_all(CONNECTION).iter().map(HeaderValue::as_bytes);
    let names = values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    names
        .filter(|n| !n.is_empty() && !n.eq_ignore_ascii_case(b"keep-alive") && !n.eq_ignore_ascii_case(b"close"))
        .collect()
}

fn is_listed(listed: &[&[u8]], name: &HeaderName) -> bool {
    listed.iter().any(|listed| listed.eq_ignore_ascii_case(name.as_str().as_bytes()))
}

fn is_of_this_hop(name: &HeaderName) -> bool {
    [CONNECTION, KEEP_ALIVE, PROXY_AUTHENTICATE, PROXY_CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]
        .contains(name)
}

fn is_of_cors(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-")
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    // We have answered the one ourselves, and the body that goes on says how long it is.
    is_of_this_hop(name) || [PROXY_AUTHORIZATION, EXPECT, CONTENT_LENGTH].contains(name)
}

fn is_ours(name: &HeaderName) -> bool {
    if [HOST, COOKIE, FORWARDED].contains(name) {
        return true;
    }
    let name = name.as_str();
    let tenant = || name.strip_prefix("x-tenant").is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    name.contains('_')
        || (name.starts_with("x-") && (tenant() || name.starts_with("x-forwarded-") || name == "x-real-ip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_for_us() {
        let came: HeaderMap = [
            ("host", "gateway.example:8081"),
            ("connection", "keep-alive, X-Secret-Hop"),
            ("x-secret-hop", "1"),
            ("content-length", "5"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("cookie", "session=1"),
            ("forwarded", "for=1.2.3.4"),
            ("x-tenant-id", "globex"),
            ("x-tenant-anything", "1"),
            ("x-tenant", "globex"),
            ("x_tenant_id", "globex"),
            ("x-tenant_id", "globex"),
            ("x_forwarded_for", "1.2.3.4"),
            ("x-tenants-favourite", "blue"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-user", "root"),
            ("authorization", "Bearer t"),
            ("traceparent", "00-1-2-01"),
            ("accept", "a"),
        ]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
        let (id, client) = (HeaderValue::from_static("r1"), HeaderValue::from_static("10.0.0.9"));
        let said = |public| Said { request_id: &id, client: &client, scheme: "http", host: None, public };
        let goes = onward(&came, &said(false));
        let mut shown: Vec<_> = goes.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
        shown.sort();
        let expected = [
            "accept: a",
            "authorization: Bearer t",
            "traceparent: 00-1-2-01",
            "x-forwarded-for: 10.0.0.9",
            "x-forwarded-host: gateway.example:8081",
            "x-forwarded-proto: http",
            "x-request-id: r1",
            "x-tenants-favourite: blue",
        ];
        assert_eq!(shown, expected);
        assert!(!onward(&came, &said(true)).contains_key(AUTHORIZATION));
    }

    #[test]
    fn a_service_sets_no_cookie_of_the_issuers() {
        let mut headers = HeaderMap::new();
        for cookie in ["tenantry_issuer_session=x; Path=/", "a=1", " =tenantry_issuer_csrf=y", "b=tenantry_c"] {
            headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
        }
        strip_answer(&mut headers);
        assert_eq!(headers.get_all(SET_COOKIE).iter().collect::<Vec<_>>(), ["a=1", "b=tenantry_c"]);
    }

    #[test]
    fn what_connection_lists_is_found_in_any_bytes() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, HeaderValue::from_bytes(b"\xfc, X-Hop").unwrap());
        headers.append(CONNECTION, HeaderValue::from_static("close ,x-other"));
        assert_eq!(listed(&headers), [&b"\xfc"[..], b"X-Hop", b"x-other"]);
    }

    #[test]
    fn an_answer_keeps_what_is_not_for_this_hop() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, x-hop"), ("x-hop", "1"), ("set-cookie", "a=1"), ("x-anything", "2"), ("etag", "e")]
        {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        for name in ["access-control-allow-origin", "access-control-allow-credentials", "access-control-anything"] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("*"));
        }
        headers.append(CLEAR_SITE_DATA, HeaderValue::from_static("\"cookies\""));
        strip_answer(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["etag", "set-cookie", "x-anything"]);
    }
}
