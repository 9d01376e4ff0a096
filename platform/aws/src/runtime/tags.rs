//! What says whose a thing is: tags, and a description where a list shows no tags.

use tenantry_contract::id::TenantId;
use tenantry_contract::resource::{Owner, ResourceId};

pub const TENANT: &str = "TenantId";
pub const TIER: &str = "Tier";
pub const STAGE: &str = "Stage";
/// The resource's id among its owner's.
pub const RESOURCE: &str = "tenantry:resource";

/// The tags of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    pub stage: String,
    pub owner: Owner,
    pub resource: ResourceId,
    /// As it was when the thing was made.
    pub tier: String,
}

impl Tags {
    /// All of them. What tenants share has no tenant's tag.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let tenant = self.owner.tenant().map(|tenant| (TENANT, tenant.as_str()));
        let others = [(TIER, self.tier.as_str()), (STAGE, &self.stage), (RESOURCE, self.resource.as_str())];
        tenant.into_iter().chain(others).collect()
    }

    /// The same in one line, for things that are listed with their descriptions and without their tags.
    pub fn line(&self) -> String {
        let owner = self.owner.tenant().map_or(SHARED, TenantId::as_str);
        format!("tenantry {} {owner} {}", self.stage, self.resource)
    }
}

/// Whose a thing with these tags is, if it is this stage's.
pub fn read<'a>(stage: &str, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<(Owner, ResourceId)> {
    let (mut of, mut tenant, mut resource) = (None, None, None);
    for (key, value) in tags {
        match key {
            STAGE => of = Some(value),
            TENANT => tenant = Some(value),
            RESOURCE => resource = parse_resource(value),
            _ => {}
        }
    }
    let owner = match tenant {
        Some(tenant) => Owner::Tenant(TenantId::parse(tenant).ok()?),
        None => Owner::Stage,
    };
    (of == Some(stage)).then_some((owner, resource?))
}

/// The same from a line.
pub fn read_line(stage: &str, line: &str) -> Option<(Owner, ResourceId)> {
    let mut words = line.strip_prefix("tenantry ")?.split(' ');
    let (of, tenant, resource) = (words.next()?, words.next()?, words.next()?);
    let owner = if tenant == SHARED { Owner::Stage } else { Owner::Tenant(TenantId::parse(tenant).ok()?) };
    (of == stage).then_some((owner, parse_resource(resource)?))
}

/// Stands for the stage in a line. No tenant's id has such a character.
const SHARED: &str = "*";

fn parse_resource(text: &str) -> Option<ResourceId> {
    text.split_once('/').map(|(kind, name)| ResourceId::new(kind, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_by_the_same_stage_alone() {
        for owner in [Owner::Stage, Owner::Tenant(TenantId::parse("t1").unwrap())] {
            let tags = Tags {
                stage: "prod".into(),
                owner: owner.clone(),
                resource: ResourceId::new("group", "services"),
                tier: "premium".into(),
            };
            let whose = Some((owner, tags.resource.clone()));
            assert_eq!(read("prod", tags.pairs().into_iter()), whose);
            assert_eq!(read_line("prod", &tags.line()), whose);
            assert_eq!(read("test", tags.pairs().into_iter()), None);
            assert_eq!(read_line("test", &tags.line()), None);
        }
        assert_eq!(read("prod", [(STAGE, "prod")].into_iter()), None);
        assert_eq!(read_line("prod", "made by hand"), None);
    }
}
