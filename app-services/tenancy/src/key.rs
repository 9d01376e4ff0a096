//! An item's id in a path: `{tenantId}:{id}`, or the id alone.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use tenantry_web::Problem;

use crate::tenant::Tenant;

/// The key of one of the caller's own items. Another tenant's is 404, as is one that nobody could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(pub String);

impl Key {
    fn of(tenant: &Tenant, path: &str) -> Option<Self> {
        let id = match path.split_once(':') {
            Some((owner, id)) => (owner == tenant.id().as_str()).then_some(id)?,
            None => path,
        };
        let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (plain && (1..=64).contains(&id.len())).then(|| Self(id.to_owned()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let tenant = Tenant::from_request_parts(parts, state).await?;
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.ok().and_then(|Path(path)| Self::of(&tenant, &path)).ok_or_else(|| Problem::not_found("Not found."))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tenantry_contract::id::TenantId;

    use super::*;

    #[test]
    fn only_the_callers_own_items_have_keys() {
        let tenant = Tenant::from_claims(TenantId::parse("acme-1").unwrap(), &Map::new());
        assert_eq!(Key::of(&tenant, "acme-1:o1"), Some(Key("o1".into())));
        assert_eq!(Key::of(&tenant, "o1"), Some(Key("o1".into())));
        for other in ["globex-2:o1", "acme-1:", ":o1", "", "acme-1:globex-2:o1", "a b", "../x"] {
            assert_eq!(Key::of(&tenant, other), None, "{other}");
        }
    }
}
