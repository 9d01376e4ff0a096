//! JSON in and out, with problem documents for what is wrong with it.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::http::limit_of;
use crate::problem::Problem;

/// A JSON body: extracted from a request, or an answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json."));
        }
        let body = read(request, state).await?;
        parse(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let mut response = Response::new(Body::from(bytes));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => {
                tracing::error!(%error, "an answer did not serialize");
                Problem::internal().into_response()
            }
        }
    }
}

/// Reads bytes that should be JSON of a type: 400 if they are not JSON, 422 if they are not of the type.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        problem_of(&path, &error.into_inner())
    })?;
    reader.end().map_err(|error| problem_of(".", &error))?;
    Ok(value)
}

fn problem_of(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let rule = text.rsplit_once(" at line ").map_or(text.as_str(), |(rule, _)| rule);
    match error.classify() {
        Category::Data => {
            let field = field_of(path, rule);
            Problem::unprocessable(format!("{field}: {rule}")).field(field, rule)
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::bad_request(format!("The body is not valid JSON: {text}"))
        }
    }
}

/// A missing or unknown field is reported at its parent; clients want to hear of the field itself.
pub(crate) fn field_of(path: &str, rule: &str) -> String {
    let parent = if path == "." { "" } else { path };
    let named = ["missing field `", "unknown field `"].iter().find_map(|start| rule.strip_prefix(start));
    match named.and_then(|rest| rest.split_once('`')) {
        Some((name, _)) if parent.is_empty() => name.to_owned(),
        // Some deserializers name the unknown field in the path already.
        Some((name, _)) if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        Some((name, _)) => format!("{parent}.{name}"),
        None if parent.is_empty() => "body".to_owned(),
        None => parent.to_owned(),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

/// The whole body of a request, whatever it is.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let limit = limit_of(&request);
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit),
        _ => Problem::bad_request("The body could not be read."),
    })
}

/// 413, with the limit in bytes where it is known.
pub fn too_large(limit: Option<u64>) -> Problem {
    let most = match limit {
        None => String::new(),
        Some(limit) if limit % (1024 * 1024) == 0 => format!(": at most {} MiB", limit / (1024 * 1024)),
        Some(limit) if limit % 1024 == 0 => format!(": at most {} KiB", limit / 1024),
        Some(limit) => format!(": at most {limit} bytes"),
    };
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body is too large{most}."))
}
