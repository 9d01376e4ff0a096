//! The token of a request.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::AuthError;

/// The one bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::Missing)?;
    if values.next().is_some() {
        return Err(AuthError::Invalid("more than one Authorization header"));
    }
    let text = value.to_str().map_err(|_| AuthError::Invalid("not a bearer token"))?;
    let (scheme, token) = text.split_once(' ').ok_or(AuthError::Invalid("not a bearer token"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Invalid("not a bearer token"));
    }
    Ok(token.trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|v| (AUTHORIZATION, HeaderValue::from_str(v).unwrap())).collect()
    }

    #[test]
    fn one_bearer_token_and_nothing_else() {
        assert_eq!(bearer(&headers(&["Bearer a.b.c"])).unwrap(), "a.b.c");
        assert_eq!(bearer(&headers(&["bearer a.b.c"])).unwrap(), "a.b.c");
        assert!(matches!(bearer(&headers(&[])), Err(AuthError::Missing)));
        for bad in [vec!["Basic abc"], vec!["a.b.c"], vec!["Bearer a", "Bearer b"]] {
            assert!(matches!(bearer(&headers(&bad)), Err(AuthError::Invalid(_))), "{bad:?}");
        }
    }
}
