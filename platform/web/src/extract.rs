//! Extractors of the path and the query whose refusals are problem documents.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};

use crate::json::field_of;
use crate::problem::Problem;

/// `axum`'s `Path`; what does not fit the route's type is a 404, as no such thing can exist.
#[derive(Debug, Clone, FromRequestParts)]
#[from_request(via(AxumPath), rejection(Problem))]
pub struct Path<T>(pub T);

/// `axum`'s `Query`; what does not fit is a 422 naming the member.
#[derive(Debug, Clone, FromRequestParts)]
#[from_request(via(AxumQuery), rejection(Problem))]
pub struct Query<T>(pub T);

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found("Nothing is here.")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        let rule = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, rule)| rule);
        // The path comes first where one is known: `limit: invalid digit found in string`.
        let (path, rule) = rule.split_once(": ").unwrap_or((".", rule));
        let field = field_of(path, rule);
        Self::unprocessable(format!("{field}: {rule}")).field(field, rule)
    }
}
