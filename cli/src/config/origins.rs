//! Addresses on the web: origins of pages that may call us, and where others find us.

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

/// Checks that a text is where something answers over HTTP; it may have a path.
#[cfg(feature = "aws")]
pub fn address(text: &str) -> Result<String, String> {
    let good =
        |url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    match Url::parse(text) {
        Ok(url) if good(&url) => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is not an address such as https://api.example.com")),
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
