//! Addresses on the web: origins of pages that may call us, names we are called by, and where others find us.

use http::uri::Authority;
use url::Url;

/// Whose pages a browser may call us from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// The provider's portal: calls the API, and admins' sign-in goes back to it.
    pub portal: Vec<String>,
    /// The tenants' application: calls the gateway, and the API for where and how its users sign in, which goes back to
    /// it.
    pub application: Vec<String>,
}

impl Origins {
    /// Who may call the API's listener, where the sign-in pages and the tenants' configurations are too.
    pub fn of_api(&self) -> Vec<String> {
        let mut all = self.portal.clone();
        all.extend(self.application.iter().filter(|origin| !self.portal.contains(origin)).cloned());
        all
    }

    /// Adds origins that are both.
    #[must_use]
    pub fn and_both(mut self, both: &[String]) -> Self {
        for list in [&mut self.portal, &mut self.application] {
            for origin in both {
                if !list.contains(origin) {
                    list.push(origin.clone());
                }
            }
        }
        self
    }
}

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

/// Checks that a text is what a client's `Host` may say: a name or an address, and a port if it is to be that one.
pub fn host_name(text: &str) -> Result<String, String> {
    let bad = || format!("{text:?} is not a host such as admin.example.com or admin.example.com:8443");
    let host: Authority = text.parse().map_err(|_| bad())?;
    let port_fits = host.as_str() == host.host() || host.port_u16().is_some();
    let known = !host.host().is_empty() && !text.contains('*') && url::Host::parse(host.host()).is_ok();
    if known && port_fits && !text.contains('@') { Ok(text.to_owned()) } else { Err(bad()) }
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
    use super::*;

    #[test]
    fn origins() {
        assert_eq!(origin("http://localhost:5173").unwrap(), "http://localhost:5173");
        assert_eq!(origin("https://A.example.com/").unwrap(), "https://a.example.com");
        for bad in ["", "*", "localhost", "ftp://x", "https://x.y/path", "https://x.y?q"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts() {
        for good in ["admin.example.com", "Admin.example.com:8443", "192.0.2.7", "[2001:db8::7]", "[::1]:80", "box"] {
            assert_eq!(host_name(good).as_deref(), Ok(good));
        }
        for bad in ["", "*", "https://x.y", "x.y/path", "u@x.y", "a b", "x.y:", "x.y:99999", ":80", "2001:db8::7"] {
            assert!(host_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_api_is_called_from_both_and_the_gateway_is_not() {
        let text = |list: &[&str]| list.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>();
        let origins = Origins { portal: text(&["p"]), application: text(&["a"]) };
        assert_eq!((origins.of_api(), origins.application.clone()), (text(&["p", "a"]), text(&["a"])));
        let both = origins.and_both(&text(&["b", "a"]));
        assert_eq!((both.portal, both.application), (text(&["p", "b", "a"]), text(&["a", "b"])));
    }
}
