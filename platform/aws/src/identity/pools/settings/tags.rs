//! Whose a pool is, in tags.

use std::collections::HashMap;

use tenantry_contract::id::TenantId;

const TENANT: &str = "TenantId";
const TIER: &str = "Tier";
const STAGE: &str = "Stage";

pub(in crate::identity) fn of_tenant(stage: &str, tenant: &TenantId, tier: &str) -> Vec<(String, String)> {
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![tag(TENANT, tenant.as_str()), tag(TIER, tier), tag(STAGE, stage)]
}

pub(in crate::identity) fn of_stage(stage: &str) -> Vec<(String, String)> {
    vec![(STAGE.to_owned(), stage.to_owned())]
}

/// The tenant whose pool it is, if it is one of this stage.
pub(in crate::identity) fn read(stage: &str, tags: Option<&HashMap<String, String>>) -> Option<TenantId> {
    let tags = tags?;
    if tags.get(STAGE).map(String::as_str) != Some(stage) {
        return None;
    }
    TenantId::parse(tags.get(TENANT)?.as_str()).ok()
}

/// Whether it says whose the pool is; the tier is as it was when the pool was made.
pub(in crate::identity) fn has(tags: Option<&HashMap<String, String>>, ours: &[(String, String)]) -> bool {
    ours.iter().filter(|(name, _)| name != TIER).all(|(name, value)| tags.is_some_and(|t| t.get(name) == Some(value)))
}
