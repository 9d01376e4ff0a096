//! Names on AWS, made from a tenant's id and never from its name. `_` and `.` separate, as neither stages nor
//! services have them: so most names tell whose they are.

use sha2::{Digest, Sha256};
use tenantry_contract::id::TenantId;
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::Owner;

/// A DNS label, and an IAM role's name.
const LONGEST_LABEL: usize = 63;
const LONGEST_ROLE: usize = 64;

/// Of an owner's security group and task role. A tenant's name has `_` where the stage's has `.`.
pub fn of_owner(stage: &str, owner: &Owner) -> String {
    match owner {
        Owner::Stage => format!("{stage}.pooled"),
        Owner::Tenant(tenant) => of_tenant(stage, tenant),
    }
}

/// Of a tenant's cluster and security group.
pub fn of_tenant(stage: &str, tenant: &TenantId) -> String {
    format!("{stage}_{tenant}")
}

/// What [`of_tenant`] was made from.
pub fn tenant_of(stage: &str, name: &str) -> Option<TenantId> {
    TenantId::parse(name.strip_prefix(stage)?.strip_prefix('_')?).ok()
}

/// Of the role that an owner's tasks run as.
pub fn role(stage: &str, owner: &Owner) -> String {
    fit(of_owner(stage, owner), LONGEST_ROLE)
}

/// Of the role whose sessions the pooled services narrow to one tenant's rows.
pub fn rows_role(stage: &str) -> String {
    format!("{stage}.rows")
}

/// Of an ECS service, within its cluster.
pub fn service(service: &ServiceName, owner: &Owner) -> String {
    match owner {
        Owner::Stage => service.to_string(),
        Owner::Tenant(tenant) => format!("{service}_{tenant}"),
    }
}

/// Of a task definition.
pub fn family(stage: &str, service: &ServiceName, owner: &Owner) -> String {
    match owner {
        Owner::Stage => format!("{stage}_{service}"),
        Owner::Tenant(tenant) => format!("{stage}_{service}_{tenant}"),
    }
}

pub fn family_of(stage: &str, family: &str) -> Option<(ServiceName, Owner)> {
    let rest = family.strip_prefix(stage)?.strip_prefix('_')?;
    let (service, owner) = match rest.split_once('_') {
        Some((service, tenant)) => (service, Owner::Tenant(TenantId::parse(tenant).ok()?)),
        None => (rest, Owner::Stage),
    };
    Some((ServiceName::parse(service).ok()?, owner))
}

pub fn log_group(stage: &str, owner: &Owner) -> String {
    let all = log_groups(stage);
    match owner {
        Owner::Stage => format!("{all}{POOLED}"),
        Owner::Tenant(tenant) => format!("{all}{TENANTS}{tenant}"),
    }
}

/// Whose log group that is; the groups of a stage's roles are no owner's.
pub fn log_group_of(stage: &str, name: &str) -> Option<Owner> {
    match name.strip_prefix(&log_groups(stage))? {
        POOLED => Some(Owner::Stage),
        rest => TenantId::parse(rest.strip_prefix(TENANTS)?).ok().map(Owner::Tenant),
    }
}

/// What the names of a stage's log groups begin with.
pub fn log_groups(stage: &str) -> String {
    format!("/tenantry/{stage}/")
}

const POOLED: &str = "pooled";
const TENANTS: &str = "tenants/";

/// A tenant's own table.
pub fn table(stage: &str, tenant: &TenantId, service: &ServiceName, table: &TableName) -> String {
    format!("{stage}.{tenant}.{service}.{table}")
}

pub fn table_of(stage: &str, name: &str) -> Option<(TenantId, String)> {
    let (tenant, stem) = name.strip_prefix(stage)?.strip_prefix('.')?.split_once('.')?;
    let (service, table) = stem.split_once('.')?;
    let whole = ServiceName::parse(service).is_ok() && TableName::parse(table).is_ok();
    Some((TenantId::parse(tenant).ok().filter(|_| whole)?, stem.to_owned()))
}

/// A table that tenants share.
pub fn shared_table(prefix: &str, service: &ServiceName, table: &TableName) -> String {
    format!("{prefix}{}", stem(service, table))
}

/// A table's name among all services'.
pub fn stem(service: &ServiceName, table: &TableName) -> String {
    format!("{service}.{table}")
}

/// The first label of a service's host name. DNS knows no case, and ids do.
pub fn label(service: &ServiceName, owner: &Owner) -> String {
    let Owner::Tenant(tenant) = owner else { return fit(service.to_string(), LONGEST_LABEL) };
    let plain = format!("{service}-{tenant}");
    let lower = plain.to_ascii_lowercase();
    if lower == plain { fit(plain, LONGEST_LABEL) } else { cut(&lower, &plain, LONGEST_LABEL) }
}

/// Names that are too long are cut, and told apart by a digest of what was cut.
fn fit(name: String, longest: usize) -> String {
    if name.len() <= longest { name } else { cut(&name, &name, longest) }
}

fn cut(shown: &str, whole: &str, longest: usize) -> String {
    let digest = &digest(whole)[..16];
    // All characters are ASCII.
    let kept = shown.len().min(longest - digest.len() - 1);
    format!("{}-{digest}", &shown[..kept])
}

/// In hexadecimal.
pub fn digest(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    fn names() -> (ServiceName, TableName) {
        (ServiceName::parse("big-orders").unwrap(), TableName::parse("lines").unwrap())
    }

    #[test]
    fn a_name_tells_whose_it_is() {
        let (service, table) = names();
        for id in ["0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "a_b", "a-b"] {
            let id = tenant(id);
            assert_eq!(tenant_of("prod-eu", &of_tenant("prod-eu", &id)), Some(id.clone()));
            let owner = Owner::Tenant(id.clone());
            let family = family("prod-eu", &service, &owner);
            assert_eq!(family_of("prod-eu", &family), Some((service.clone(), owner.clone())));
            assert_eq!(log_group_of("prod-eu", &log_group("prod-eu", &owner)), Some(owner));
            let name = self::table("prod-eu", &id, &service, &table);
            assert_eq!(table_of("prod-eu", &name), Some((id, "big-orders.lines".to_owned())));
        }
    }

    #[test]
    fn the_stages_own_names_are_no_tenants() {
        let (service, _) = names();
        let family = family("prod-eu", &service, &Owner::Stage);
        assert_eq!(family_of("prod-eu", &family), Some((service.clone(), Owner::Stage)));
        assert_eq!(log_group_of("prod-eu", &log_group("prod-eu", &Owner::Stage)), Some(Owner::Stage));
        assert_eq!(log_group_of("prod-eu", "/tenantry/prod-eu/gateway"), None);
        for name in [role("prod-eu", &Owner::Stage), rows_role("prod-eu")] {
            assert_eq!(tenant_of("prod-eu", &name), None, "{name}");
        }
    }

    #[test]
    fn another_stage_is_not_ours() {
        let (service, table) = names();
        let id = tenant("t1");
        assert_eq!(tenant_of("prod", &of_tenant("prod-eu", &id)), None);
        assert_eq!(family_of("prod", &family("prod-eu", &service, &Owner::Tenant(id.clone()))), None);
        assert_eq!(table_of("prod", &self::table("prod-eu", &id, &service, &table)), None);
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let [a, b] = ["a", "b"].map(|last| Owner::Tenant(tenant(&format!("{}{last}", "x".repeat(63)))));
        let (service, _) = names();
        for (one, other, longest) in [
            (role("a-stage-of-some-size", &a), role("a-stage-of-some-size", &b), LONGEST_ROLE),
            (label(&service, &a), label(&service, &b), LONGEST_LABEL),
        ] {
            assert!(one.len() <= longest && other.len() <= longest && one != other, "{one} {other}");
        }
    }

    #[test]
    fn host_names_know_no_case() {
        let (service, _) = names();
        let [upper, lower] = ["AB", "ab"].map(|id| label(&service, &Owner::Tenant(tenant(id))));
        assert!(!upper.eq_ignore_ascii_case(&lower), "{upper} {lower}");
        assert_eq!(lower, "big-orders-ab");
    }
}
