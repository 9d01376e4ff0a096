//! Origins of web pages that may call us from a browser.

use url::Url;

/// Checks that a text is an origin: scheme and host, nothing after.
pub fn origin(text: &str) -> Result<String, String> {
    let bad = || format!("{text:?} is not an origin such as https://admin.example.com");
    let url = Url::parse(text).map_err(|_| bad())?;
    let origin = url.origin();
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if origin.is_tuple() && bare && matches!(url.scheme(), "http" | "https") {
        Ok(origin.ascii_serialization())
    } else {
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origins() {
        assert_eq!(origin("http://localhost:5173").unwrap(), "http://localhost:5173");
        assert_eq!(origin("https://A.example.com/").unwrap(), "https://a.example.com");
        for bad in ["", "*", "localhost", "ftp://x", "https://x.y/path", "https://x.y?q"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
