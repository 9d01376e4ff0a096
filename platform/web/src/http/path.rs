//! Duplicate slashes: clients of SBT send `//tenants`.

use http::Uri;
use http::uri::PathAndQuery;

/// The same address with single slashes in its path; none if they are single already.
pub fn collapsed(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains("//") {
        return None;
    }
    let mut single = String::with_capacity(uri.path_and_query().map_or(0, |all| all.as_str().len()));
    for c in path.chars() {
        if c != '/' || !single.ends_with('/') {
            single.push(c);
        }
    }
    if let Some(query) = uri.query() {
        single.push('?');
        single.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(single).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_become_single_and_the_query_stays() {
        let clean = |text: &str| collapsed(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(clean("//tenants?a=//b").as_deref(), Some("/tenants?a=//b"));
        assert_eq!(clean("/a///b//").as_deref(), Some("/a/b/"));
        assert_eq!(clean("/a/b?x=//"), None);
        assert_eq!(clean("http://localhost//a").as_deref(), Some("http://localhost/a"));
    }
}
