//! `GET /docs`: a viewer of the OpenAPI document, bundled, so that it works without the internet.

use std::sync::{Arc, LazyLock};

use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderValue, header};
use tenantry_web::{Path, Problem};
use utoipa_swagger_ui::{Config, SwaggerFile};

/// The document is beside the viewer, behind whatever proxy there is.
static VIEWER: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(viewer()));

/// The page runs its own files and nothing else, speaks to this API alone, and is in no frame. The digest is of the
/// style sheet inside the viewer's logo, the only one that is not a file.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
                      style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
                      img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; \
                      base-uri 'none'";

fn viewer() -> Config<'static> {
    // By default the viewer has the document checked by a service on the internet.
    Config::from("../openapi.json").persist_authorization(false).deep_linking(true).validator_url("none")
}

/// Read the API's documentation
///
/// Sends a browser on to `/docs/`, which the viewer's own files are relative to.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "About",
    operation_id = "getDocs",
    responses((status = 303, description = "To the viewer")),
)]
pub(crate) async fn entry() -> Redirect {
    Redirect::to("/docs/")
}

/// The viewer's page
#[utoipa::path(
    get,
    path = "/docs/",
    tag = "About",
    operation_id = "getDocsPage",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")),
)]
pub(crate) async fn page() -> Result<Response, Problem> {
    file("index.html")
}

/// The viewer's files
#[utoipa::path(
    get,
    path = "/docs/{file}",
    tag = "About",
    operation_id = "getDocsFile",
    params(("file" = String, Path, description = "A file's name")),
    responses((status = 200, description = "The file", body = String, content_type = "application/octet-stream"), (status = 404, description = "There is none")),
)]
pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    file(&name)
}

fn file(name: &str) -> Result<Response, Problem> {
    match utoipa_swagger_ui::serve(name, Arc::clone(&VIEWER)) {
        Ok(Some(file)) => Ok(answer(file)),
        Ok(None) => Err(Problem::not_found("Nothing is here.")),
        Err(error) => {
            tracing::error!(error, name, "a file of the documentation viewer cannot be rendered");
            Err(Problem::internal())
        }
    }
}

fn answer(file: SwaggerFile<'static>) -> Response {
    let kind = HeaderValue::from_str(&file.content_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let mut response = file.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if file.gzpipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
