//! From what a plan wants to this runtime's resources. Pure: no disk, no process, no clock.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::{Need, Owner, Resource, ResourceId};
use tenantry_contract::want::{Desired, TenantFacts, Want, Whose};
use tenantry_ports::runtime::RuntimeError;

use super::spec::{self, AdminSpec, Kind, ProcessSpec, TableSpec};

pub fn lower(catalogue: &Catalogue, desired: &Desired) -> Result<Vec<Resource>, RuntimeError> {
    let resources: Vec<Resource> =
        desired.wants.iter().map(|want| one(catalogue, desired, want)).collect::<Result<_, _>>()?;
    let mut seen = BTreeSet::new();
    match resources.iter().find(|resource| !seen.insert(&resource.id)) {
        // Tables `a-b` of `c` and `b` of `c-a` would be one file.
        Some(twice) => Err(RuntimeError::permanent(format!("two things would be named {}", twice.id))),
        None => Ok(resources),
    }
}

fn one(catalogue: &Catalogue, desired: &Desired, want: &Want) -> Result<Resource, RuntimeError> {
    let owner = &desired.owner;
    match want {
        Want::Pool => Ok(resource(spec::pool_id(), Kind::Pool, json!({}), vec![])),
        Want::Cluster => Ok(resource(spec::cluster_id(), Kind::Cluster, json!({}), vec![])),
        Want::TenantAdmin { pool } => admin(owner, *pool, desired.tenant.as_ref()),
        Want::Table { service, table } => {
            let spec = spec::to_value(&TableSpec { service: service.clone(), table: table.clone() })?;
            Ok(resource(spec::table_id(service, table), Kind::Table, spec, vec![]))
        }
        Want::Rows { service, table } => {
            let spec = spec::to_value(&TableSpec { service: service.clone(), table: table.clone() })?;
            let needs = vec![Need::Stage(spec::table_id(service, table))];
            Ok(resource(spec::rows_id(service, table), Kind::Rows, spec, needs))
        }
        Want::Service { service, cluster, pool, tables, scale } => {
            let mut needs = vec![need(owner, *cluster, spec::cluster_id()), need(owner, *pool, spec::pool_id())];
            for (table, whose) in tables {
                needs.push(need(owner, *whose, spec::table_id(service, table)));
                if wants_rows(desired, service, table) {
                    // So that the service ends before its rows go.
                    needs.push(Need::Own(spec::rows_id(service, table)));
                }
            }
            let spec = process(catalogue, service, *pool, tables, *scale)?;
            Ok(resource(spec::service_id(service), Kind::Process, spec, needs))
        }
    }
}

fn resource(id: ResourceId, kind: Kind, spec: Value, needs: Vec<Need>) -> Resource {
    let spec_hash = spec::digest(kind, &spec);
    let holds_data = matches!(kind, Kind::Table | Kind::Rows | Kind::Pool);
    let watched = kind == Kind::Process;
    Resource { id, kind: kind.as_str().to_owned(), spec, spec_hash, needs, holds_data, watched }
}

fn admin(owner: &Owner, pool: Whose, facts: Option<&TenantFacts>) -> Result<Resource, RuntimeError> {
    let facts = facts.ok_or_else(|| RuntimeError::permanent("an admin is wanted where there is no tenant"))?;
    let spec = spec::to_value(&AdminSpec { pool, facts: facts.clone() })?;
    let made = resource(spec::admin_id(), Kind::TenantAdmin, spec, vec![need(owner, pool, spec::pool_id())]);
    // The first user is made once: a tenant's new e-mail or tier is no reason to make it again.
    let identity = json!({ "pool": pool, "tenant": facts.id });
    Ok(Resource { spec_hash: spec::digest(Kind::TenantAdmin, &identity), ..made })
}

fn process(
    catalogue: &Catalogue,
    name: &ServiceName,
    pool: Whose,
    tables: &[(TableName, Whose)],
    scale: u32,
) -> Result<Value, RuntimeError> {
    let service = catalogue
        .service(name)
        .ok_or_else(|| RuntimeError::permanent(format!("the catalogue has no service {:?}", name.as_str())))?;
    if service.command.is_empty() {
        return Err(RuntimeError::permanent(format!(
            "the service {:?} has no command in the catalogue, so it cannot run on one machine",
            name.as_str()
        )));
    }
    spec::to_value(&ProcessSpec {
        service: name.clone(),
        command: service.command.clone(),
        health_path: service.health_path.clone(),
        environment: service.environment.clone(),
        pool,
        tables: tables.to_vec(),
        manages_users: service.manages_users,
        scale,
    })
}

/// What the stage shares is its own.
fn need(owner: &Owner, whose: Whose, id: ResourceId) -> Need {
    match (owner, whose) {
        (Owner::Tenant(_), Whose::Shared) => Need::Stage(id),
        (Owner::Stage, _) | (_, Whose::Own) => Need::Own(id),
    }
}

fn wants_rows(desired: &Desired, service: &ServiceName, table: &TableName) -> bool {
    desired.wants.iter().any(|want| matches!(want, Want::Rows { service: s, table: t } if s == service && t == table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenantry_contract::catalogue::Placement;
    use tenantry_contract::id::TenantId;
    use tenantry_contract::name::{Email, TenantName};

    fn facts() -> TenantFacts {
        TenantFacts {
            id: TenantId::parse("t-1").unwrap(),
            name: TenantName::parse("acme").unwrap(),
            email: Email::parse("ada@example.com").unwrap(),
            tier: "advanced".into(),
            placement: Placement::DedicatedServices,
        }
    }

    fn names(service: &str, table: &str) -> (ServiceName, TableName) {
        (ServiceName::parse(service).unwrap(), TableName::parse(table).unwrap())
    }

    fn advanced() -> Desired {
        let (orders, table) = names("orders", "orders");
        let (products, shared) = names("products", "products");
        Desired {
            owner: Owner::Tenant(facts().id),
            tenant: Some(facts()),
            wants: vec![
                Want::Pool,
                Want::TenantAdmin { pool: Whose::Own },
                Want::Table { service: orders.clone(), table: table.clone() },
                Want::Rows { service: products.clone(), table: shared.clone() },
                Want::Service {
                    service: orders,
                    cluster: Whose::Shared,
                    pool: Whose::Own,
                    tables: vec![(table, Whose::Own)],
                    scale: 1,
                },
                Want::Service {
                    service: products,
                    cluster: Whose::Shared,
                    pool: Whose::Own,
                    tables: vec![(shared, Whose::Shared)],
                    scale: 1,
                },
            ],
        }
    }

    fn catalogue() -> Catalogue {
        Catalogue::parse(Catalogue::DEFAULT).unwrap()
    }

    #[test]
    fn a_tenant_of_its_own_services_leans_on_the_stage_where_it_shares() {
        let resources = lower(&catalogue(), &advanced()).unwrap();
        let all: Vec<_> = resources.iter().map(|r| (r.id.as_str(), r.kind.as_str(), r.holds_data, r.watched)).collect();
        assert_eq!(
            all,
            [
                ("pool/users", "pool", true, false),
                ("user/admin", "tenant-admin", false, false),
                ("table/orders-orders", "table", true, false),
                ("rows/products-products", "rows", true, false),
                ("service/orders", "process", false, true),
                ("service/products", "process", false, true),
            ]
        );
        let products = resources.last().unwrap();
        let (service, table) = names("products", "products");
        assert_eq!(
            products.needs,
            [
                Need::Stage(spec::cluster_id()),
                Need::Own(spec::pool_id()),
                Need::Stage(spec::table_id(&service, &table)),
                Need::Own(spec::rows_id(&service, &table)),
            ]
        );
    }

    #[test]
    fn the_same_wants_give_the_same_resources_and_a_new_address_changes_no_hash() {
        let first = lower(&catalogue(), &advanced()).unwrap();
        assert_eq!(first, lower(&catalogue(), &advanced()).unwrap());
        let mut moved = advanced();
        moved.tenant.as_mut().unwrap().email = Email::parse("grace@example.com").unwrap();
        let second = lower(&catalogue(), &moved).unwrap();
        assert!(first.iter().zip(&second).all(|(a, b)| a.spec_hash == b.spec_hash));
    }

    #[test]
    fn no_native_name_knows_the_tenants_name() {
        for resource in lower(&catalogue(), &advanced()).unwrap() {
            let native = resource.kind == "tenant-admin" || !resource.spec.to_string().contains("acme");
            assert!(native && !resource.id.as_str().contains("acme"), "{resource:?}");
        }
    }

    #[test]
    fn a_service_that_cannot_run_here_is_refused_for_good() {
        let mut catalogue = catalogue();
        catalogue.services[0].command.clear();
        let error = lower(&catalogue, &advanced()).unwrap_err();
        assert!(!error.retryable() && error.to_string().contains("orders"), "{error}");
    }

    #[test]
    fn two_tables_never_become_one_file() {
        let (a, b) = (names("a-b", "c"), names("a", "b-c"));
        let wants = [a, b].map(|(service, table)| Want::Table { service, table }).to_vec();
        let desired = Desired { owner: Owner::Stage, tenant: None, wants };
        assert!(!lower(&catalogue(), &desired).unwrap_err().retryable());
    }
}
