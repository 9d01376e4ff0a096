//! Redirect URIs: compared character by character, and only ever appended to.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Whether that very text was registered. A bare origin has no slash at its end, and gets none.
pub(super) fn is_registered(uri: &str, registered: &[String]) -> bool {
    registered.iter().any(|known| known == uri)
}

/// The URI with members added to its query.
pub(super) fn with_query(uri: &str, members: &[(&str, &str)]) -> String {
    let mut out = uri.to_owned();
    for (name, value) in members {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        out.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    out
}

/// The origin of a URI, for the page's policy; none if it has no origin that can stand in a header.
pub(super) fn origin(uri: &str) -> Option<String> {
    let url = url::Url::parse(uri).ok()?;
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_text_matches() {
        let registered = ["http://localhost:3000".to_owned(), "https://app.example.com/callback".to_owned()];
        assert!(is_registered("http://localhost:3000", &registered));
        for other in [
            "http://localhost:3000/",
            "http://localhost:30001",
            "http://localhost:3000@evil.example",
            "https://app.example.com/callback/../x",
            "https://APP.example.com/callback",
            "",
        ] {
            assert!(!is_registered(other, &registered), "{other}");
        }
    }

    #[test]
    fn values_cannot_add_members() {
        assert_eq!(
            with_query("http://a.example", &[("code", "x"), ("state", "a&b=c#d")]),
            "http://a.example?code=x&state=a%26b%3Dc%23d"
        );
        assert_eq!(with_query("http://a.example/?q=1", &[("code", "x")]), "http://a.example/?q=1&code=x");
    }

    #[test]
    fn origins() {
        assert_eq!(origin("http://localhost:3000/x?y").as_deref(), Some("http://localhost:3000"));
        assert_eq!(origin("data:text/html,x"), None);
    }
}
