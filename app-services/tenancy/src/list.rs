//! Lists in pages: what a query asks for, and the answer with a link to the next page.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, LINK};
use http::request::Parts;
use serde::Serialize;
use tenantry_contract::id::TenantId;
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_web::Problem;

use crate::cursor;
use crate::tenant::Tenant;

/// The most items of a page, and as many as it has where the query does not say.
pub const LONGEST_PAGE: usize = 100;

/// `limit` (1 to `MOST`, and `MOST` where it is absent) and `next_token` of a query.
#[derive(Debug)]
pub struct ListQuery<const MOST: usize = LONGEST_PAGE> {
    tenant: TenantId,
    route: String,
    limit: usize,
    after: Option<Position>,
}

impl<const MOST: usize> ListQuery<MOST> {
    /// The page that is asked for.
    pub fn page(&self) -> PageRequest {
        PageRequest { limit: self.limit, after: self.after.clone() }
    }

    /// The page as a plain array. A `Link` header names the next page, if there is one, relative to this one's address:
    /// so it holds behind any gateway.
    pub fn answer<T: Serialize>(&self, page: &Page<T>) -> Result<Response, Problem> {
        let body = serde_json::to_vec(&page.items).map_err(|error| {
            tracing::error!(%error, "an item could not be written as JSON");
            Problem::internal()
        })?;
        let mut response = ([(CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(next) = &page.next {
            let token = cursor::seal(&self.tenant, &self.route, next);
            let link = format!("<?limit={}&next_token={token}>; rel=\"next\"", self.limit);
            let link = HeaderValue::try_from(link).map_err(|_| Problem::internal())?;
            response.headers_mut().insert(LINK, link);
        }
        Ok(response)
    }

    /// Reads a query. An empty `next_token` is none; unknown parameters are left alone.
    fn read(tenant: TenantId, route: String, query: &str) -> Result<Self, Problem> {
        let (mut limit, mut after) = (MOST, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => {
                    let whole = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    limit = whole.ok_or_else(|| wrong("limit", format!("must be a whole number from 1 to {MOST}")))?;
                }
                "next_token" if !value.is_empty() => {
                    let position = cursor::open(&tenant, &route, &value);
                    let rule = "must be one that this list gave; leave it out to begin anew";
                    after = Some(position.ok_or_else(|| wrong("next_token", rule.to_owned()))?);
                }
                _ => {}
            }
        }
        Ok(Self { tenant, route, limit, after })
    }
}

fn wrong(parameter: &str, rule: String) -> Problem {
    Problem::bad_request(format!("{parameter} {rule}.")).field(parameter, rule)
}

impl<S: Send + Sync, const MOST: usize> FromRequestParts<S> for ListQuery<MOST> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let tenant = Tenant::from_request_parts(parts, state).await?;
        let route = parts.extensions.get::<MatchedPath>().map_or_else(|| parts.uri.path(), MatchedPath::as_str);
        Self::read(tenant.id().clone(), route.to_owned(), parts.uri.query().unwrap_or_default())
    }
}
