//! The OpenAPI document, made from the handlers and the table of scopes, so that it can say nothing else.

mod answers;
mod problem;

use http::Method;
use tenantry_web::Access;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, Tag};

use crate::router::routes;
use crate::routes::ROUTES;

const TITLE: &str = "Tenantry control plane";

const DESCRIPTION: &str = "\
Onboards tenants, follows what becomes of them, and takes them down.

One thing is `{\"data\": …}`; a list is `{\"data\": […], \"next_token\": …}`, without `next_token` on the last page. \
Errors are problem documents (RFC 9457). A token that is not valid is 401, one that does not allow the route is 403.";

const TAGS: [(&str, &str); 8] = [
    ("Registrations", "A tenant comes, changes and goes through these"),
    ("Tenants", "Tenants, as they are"),
    ("Tenant configuration", "Public: where a tenant's users sign in and where its API is"),
    ("Users", "The provider's own people"),
    ("Operations", "What is being done to tenants, step by step"),
    ("Orphans", "Things that no inventory names, for an operator to decide on"),
    ("Events", "What happened"),
    ("About", "Public: what is sold, how the API is spoken to, whether it is there"),
];

const SCHEME: &str = "token";

/// The whole document.
pub fn openapi() -> OpenApi {
    let mut api = routes().into_openapi();
    api.info = InfoBuilder::new()
        .title(TITLE)
        .description(Some(DESCRIPTION))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(LicenseBuilder::new().name("MIT-0").identifier(Some("MIT-0")).build()))
        .build();
    api.tags = Some(TAGS.map(tag).to_vec());
    let components = api.components.get_or_insert_with(|| ComponentsBuilder::new().build());
    components.security_schemes.insert(SCHEME.into(), scheme().into());
    problem::register(&mut components.schemas);
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            secure(operation, &method, path);
            answers::add_common(operation);
            problem::fill(operation);
        }
    }
    api
}

fn tag((name, description): (&str, &str)) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

fn scheme() -> SecurityScheme {
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token of the admins' issuer. Each route names the scope it asks for."));
    SecurityScheme::Http(http.build())
}

/// The scope that the table asks for, and the answers to who lacks it.
fn secure(operation: &mut Operation, method: &Method, path: &str) {
    let line = ROUTES.iter().find(|line| line.method == method && line.path == path);
    let Some(Access::Scope(scope)) = line.map(|line| line.access) else {
        operation.security = Some(vec![]);
        return;
    };
    operation.security = Some(vec![SecurityRequirement::new(SCHEME, [scope])]);
    problem::add(operation, "401", "The token is missing or not valid");
    problem::add(operation, "403", "The token does not allow this");
}

/// An item's operations with their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn documented() -> BTreeSet<(String, String)> {
        let mut api = openapi();
        let mut all = BTreeSet::new();
        for (path, item) in &mut api.paths.paths {
            all.extend(operations(item).map(|(method, _)| (path.clone(), method.to_string())));
        }
        all
    }

    #[test]
    fn the_table_has_every_route_and_no_other() {
        let table: BTreeSet<_> = ROUTES.iter().map(|l| (l.path.to_owned(), l.method.to_string())).collect();
        assert_eq!(table.len(), ROUTES.len(), "a route is in the table twice");
        assert_eq!(table, documented());
    }

    #[test]
    fn every_operation_has_words_and_a_name_of_its_own() {
        let mut api = openapi();
        let mut names = BTreeSet::new();
        for (path, item) in &mut api.paths.paths {
            for (method, operation) in operations(item) {
                assert!(operation.summary.is_some(), "{method} {path}");
                assert!(names.insert(operation.operation_id.clone()), "{method} {path}");
                assert!(operation.tags.as_ref().is_some_and(|tags| tags.len() == 1), "{method} {path}");
            }
        }
    }

    /// What any handler's surroundings may answer is said of all of them.
    #[test]
    fn an_operation_says_all_that_it_may_answer() {
        let mut api = openapi();
        let (mut bodies, mut keys) = (0, 0);
        for (path, item) in &mut api.paths.paths {
            for (method, operation) in operations(item) {
                let has = |status: &str| operation.responses.responses.contains_key(status);
                let at = format!("{method} {path}");
                let scoped = operation.security.as_ref().is_some_and(|security| !security.is_empty());
                let store = scoped || path == "/readyz" || path.starts_with("/tenant-config");
                assert_eq!(["401", "403", "503"].map(has), [scoped, scoped, store], "{at}");
                let rationed = path.starts_with("/tenant-config") || path == "/events/stream";
                assert_eq!(has("429"), rationed, "{at}");
                let body = operation.request_body.is_some();
                assert!(!body || ["400", "413", "415", "422"].into_iter().all(has), "{at}");
                bodies += usize::from(body);
                if method == Method::POST {
                    let text = serde_json::to_value(&operation.responses).unwrap();
                    let good = ["200", "201"].into_iter().find(|status| has(status)).unwrap();
                    assert!(text[good]["headers"]["Idempotency-Replayed"].is_object(), "{at}");
                    assert!(has("422"), "{at}");
                    keys += 1;
                }
                for status in ["429", "503"].into_iter().filter(|status| has(status) && path != "/readyz") {
                    let text = serde_json::to_value(&operation.responses).unwrap();
                    assert!(text[status]["headers"]["Retry-After"].is_object(), "{at} {status}");
                }
            }
        }
        assert_eq!((bodies, keys), (5, 3));
    }

    /// The document in the repository is the portal's contract. `UPDATE_OPENAPI=1` writes it anew.
    #[test]
    fn the_document_in_the_repository_is_this_one() {
        let made = format!("{}\n", serde_json::to_string_pretty(&openapi()).unwrap());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        if option_env!("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(made == kept, "control-plane/openapi.json is stale: run the test with UPDATE_OPENAPI=1 and commit it");
    }
}
