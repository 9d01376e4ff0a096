//! `GET /tenant-config`

use axum::extract::State;
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use tenantry_contract::id::TenantId;
use tenantry_web::{Json, Problem};

use super::answer;
use super::by_name::named;
use super::limit::Spared;
use super::render::TenantConfigDoc;
use crate::edge::page::Params;
use crate::state::Shared;

/// Find a tenant's configuration
///
/// By `tenantId`, else by `tenantName`, else by the first label of the `Origin` the browser sends.
#[utoipa::path(
    get,
    path = "/tenant-config",
    tag = "Tenant configuration",
    operation_id = "findTenantConfig",
    params(
        ("tenantId" = Option<String>, Query, description = "The tenant's id"),
        ("tenantName" = Option<String>, Query, description = "The tenant's name"),
        ("Origin" = Option<String>, Header, description = "Such as `https://acme.app.example.com`"),
    ),
    responses(
        (status = 200, description = "The configuration, bare", body = TenantConfigDoc),
        (status = 400, description = "Nothing says which tenant"),
        (status = 404, description = "There is no such tenant, or not yet, or no more"),
        (status = 429, description = "Too many requests from one address"),
        (status = 503, description = "It cannot be read just now"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant_config.by_query", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    _: Spared,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<Map<String, Value>>, Problem> {
    if let Some(id) = params.filled("tenantId") {
        let found = match TenantId::parse(id) {
            Ok(id) => app.cp.store.tenant(&id).await?,
            Err(_) => None,
        };
        return answer(&app, found.as_ref(), id).map(Json);
    }
    if let Some(name) = params.filled("tenantName") {
        return named(&app, name).await.map(Json);
    }
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    match origin.and_then(first_label) {
        Some(name) => named(&app, name).await.map(Json),
        None => Err(Problem::bad_request("Origin header missing!")),
    }
}

/// `acme` of `https://acme.app.example.com`.
fn first_label(origin: &str) -> Option<&str> {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split(['.', ':', '/']).next().filter(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::first_label;

    #[test]
    fn labels() {
        assert_eq!(first_label("https://acme.app.example.com"), Some("acme"));
        assert_eq!(first_label("http://acme:3000"), Some("acme"));
        assert_eq!(first_label("acme.example.com"), Some("acme"));
        assert_eq!(first_label(""), None);
        assert_eq!(first_label("https://"), None);
    }
}
