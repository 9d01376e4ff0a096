//! `limit` and `next_token`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tenantry_ports::page::PageRequest;
use tenantry_web::Problem;
use utoipa::IntoParams;

use super::cursor::Cursors;
use super::faults::Faults;

/// The query, taken as it is; who reads a parameter says what it must be.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Params {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that says something; an empty one is none.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The page asked for of a list. `filter` is what narrows it, in one text.
    pub fn page(&self, cursors: &Cursors, list: &str, filter: &str, most: usize) -> Result<PageRequest, Problem> {
        let mut faults = Faults::default();
        let limit = match self.get("limit").map(str::parse::<usize>) {
            None => 10,
            Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
            Some(_) => {
                faults.say("limit", format!("must be a whole number from 1 to {most}"));
                10
            }
        };
        let after = self.filled("next_token").and_then(|token| {
            let position = cursors.open(list, filter, token);
            if position.is_none() {
                faults.say("next_token", "must be one that this list gave, with the same filter");
            }
            position
        });
        faults.or(Some(PageRequest { limit, after }))
    }
}

/// What every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents what `Params::page` reads")]
pub(crate) struct PageDoc {
    /// How many at most; 10 unless said.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<u32>,
    /// Of the page before; an empty one is none.
    next_token: Option<String>,
}

/// The most a page of anything but users may hold.
pub(crate) const MOST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use tenantry_ports::page::Position;

    fn page(query: &str) -> Result<PageRequest, Problem> {
        let params = Params(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect());
        params.page(&Cursors::new(&[1; 32]), "/tenants", "", MOST)
    }

    #[test]
    fn limits() {
        assert_eq!(page("").unwrap(), PageRequest::first(10));
        assert_eq!(page("limit=1").unwrap().limit, 1);
        assert_eq!(page("limit=100&next_token=").unwrap(), PageRequest::first(100));
        for bad in ["limit=0", "limit=101", "limit=abc", "limit=", "limit=-1", "limit=1.5"] {
            assert!(page(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tokens() {
        let token = Cursors::new(&[1; 32]).seal("/tenants", "", &Position("p".into()));
        assert_eq!(page(&format!("next_token={token}")).unwrap().after, Some(Position("p".into())));
        assert!(page("next_token=nope").is_err());
    }
}
