//! The two cookies of the sign-in page. They go to their pool's paths alone, and no script reads them. Their
//! values are ours: URL-safe text that needs no quoting.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::super::pools::Pool;
use super::super::{BROWSER_LIFETIME, Identity};

/// The browser's sign-in.
pub const SESSION_COOKIE: &str = "tenantry_issuer_session";
/// Must come back in the form as well.
pub const CSRF_COOKIE: &str = "tenantry_issuer_csrf";

/// The value of a cookie, if it came and could be one of ours.
pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && is_ours(value))
        .map(|(_, value)| value)
}

fn is_ours(value: &str) -> bool {
    (1..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A `Set-Cookie` for one of the two. An empty value takes it back.
pub(super) fn set(identity: &Identity, pool: &Pool, name: &'static str, value: &str) -> Option<HeaderValue> {
    let secure = if identity.0.config.base_url.is_https() { "; Secure" } else { "" };
    let seconds = if value.is_empty() { 0 } else { BROWSER_LIFETIME.as_secs() };
    let text = format!("{name}={value}; Path=/{}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", pool.id);
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; tenantry_issuer_csrf=x-1_Y"));
        headers.append(COOKIE, HeaderValue::from_static("tenantry_issuer_session=\"quoted\""));
        assert_eq!(read(&headers, CSRF_COOKIE), Some("x-1_Y"));
        assert_eq!(read(&headers, SESSION_COOKIE), None);
    }
}
