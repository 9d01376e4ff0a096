//! A list as one JSON array, however long it is.

use std::future::Future;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use tenantry_ports::page::{Page, Position};
use tenantry_web::Problem;

/// Sends all pages as one plain array. A failure on the first page is a problem document; a later one breaks the
/// body off, so that nobody takes a part for the whole.
pub async fn json_array<T, E, F, Fut>(pages: F) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    E: Into<Problem> + std::error::Error + Send + Sync + 'static,
    F: Fn(Option<Position>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Page<T>, E>> + Send,
{
    let first = pages(None).await.map_err(Into::into)?;
    let (head, next) = rendered(&first, true).map_err(|e| broken(&e))?;
    if next.is_none() {
        return Ok(([(CONTENT_TYPE, "application/json")], head).into_response());
    }
    let rest = stream::try_unfold((pages, next), |(pages, next)| async move {
        if next.is_none() {
            return Ok(None);
        }
        let page = pages(next).await.map_err(axum::Error::new)?;
        let (text, next) = rendered(&page, false).map_err(axum::Error::new)?;
        Ok::<_, axum::Error>(Some((text, (pages, next))))
    });
    let body = futures::StreamExt::chain(stream::iter([Ok(head)]), rest);
    Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response())
}

/// A page's part of the array, and where the next begins.
fn rendered<T: Serialize>(page: &Page<T>, first: bool) -> Result<(Bytes, Option<Position>), serde_json::Error> {
    let mut text = if first { b"[".to_vec() } else { Vec::new() };
    for (index, item) in page.items.iter().enumerate() {
        if !(first && index == 0) {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, item)?;
    }
    if page.next.is_none() {
        text.push(b']');
    }
    Ok((text.into(), page.next.clone()))
}

fn broken(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "an item could not be written as JSON");
    Problem::internal()
}
