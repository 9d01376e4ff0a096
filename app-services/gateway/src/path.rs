//! Which service a path means.

use http::Uri;
use http::uri::PathAndQuery;

/// The path and query to send on: as they came, with duplicate slashes of the path made one.
pub fn tidy(uri: &Uri) -> PathAndQuery {
    let whole = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    if !whole.path().contains("//") {
        return whole;
    }
    let mut text = String::with_capacity(whole.as_str().len());
    for c in whole.path().chars() {
        if !(c == '/' && text.ends_with('/')) {
            text.push(c);
        }
    }
    if let Some(query) = whole.query() {
        text.push('?');
        text.push_str(query);
    }
    // Fewer slashes make no path invalid.
    PathAndQuery::try_from(text).unwrap_or(whole)
}

pub fn first_segment(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').map_or(path, |(first, _)| first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_slashes_collapse_in_the_path_alone() {
        let uri = |text: &str| tidy(&text.parse::<Uri>().unwrap()).to_string();
        assert_eq!(uri("http://h//orders///o1?next=//x"), "/orders/o1?next=//x");
        assert_eq!(uri("/orders/a%2F%2Fb"), "/orders/a%2F%2Fb");
        assert_eq!(uri("http://h"), "/");
    }

    #[test]
    fn the_first_segment_is_the_service() {
        for (path, first) in [("/orders", "orders"), ("/orders/x/y", "orders"), ("/", ""), ("*", "*")] {
            assert_eq!(first_segment(path), first);
        }
    }
}
