//! Plans: what a tenant of a placement is to have, and what all of them share. Pure functions of the catalogue.

use tenantry_contract::catalogue::{Catalogue, Placement, Service, Table};
use tenantry_contract::lifecycle::Presence;
use tenantry_contract::name::TableName;
use tenantry_contract::want::{TenantFacts, Want, Whose};

/// What a tenant is to have.
pub fn tenant(facts: &TenantFacts, presence: Presence, catalogue: &Catalogue) -> Vec<Want> {
    match (presence, facts.placement) {
        (Presence::Absent, _) | (_, Placement::External) => Vec::new(),
        (_, Placement::Pooled) => pooled(catalogue),
        (_, placement) => dedicated(placement, presence, catalogue),
    }
}

/// What the stage is to have, for as long as the catalogue has tiers that stand on it.
pub fn stage(catalogue: &Catalogue) -> Vec<Want> {
    let mut wants = Vec::new();
    let pooled = catalogue.uses(Placement::Pooled);
    if pooled {
        wants.push(Want::Pool);
    }
    if pooled || catalogue.uses(Placement::DedicatedServices) {
        wants.push(Want::Cluster);
    }
    wants.extend(tables(catalogue).filter(|(_, table)| is_shared(catalogue, table)).map(own_table));
    if pooled {
        wants.extend(catalogue.services.iter().map(|service| Want::Service {
            service: service.name.clone(),
            cluster: Whose::Own,
            pool: Whose::Own,
            tables: service.tables.iter().map(|t| (t.name.clone(), Whose::Own)).collect(),
            scale: service.replicas,
        }));
    }
    wants
}

/// A user in the pool everybody shares and rows in the tables everybody shares: no runtime resource.
fn pooled(catalogue: &Catalogue) -> Vec<Want> {
    let admin = Want::TenantAdmin { pool: Whose::Shared };
    std::iter::once(admin).chain(tables(catalogue).map(rows)).collect()
}

fn dedicated(placement: Placement, presence: Presence, catalogue: &Catalogue) -> Vec<Want> {
    let own_cluster = placement == Placement::DedicatedCluster;
    let mut wants = vec![Want::Pool, Want::TenantAdmin { pool: Whose::Own }];
    if own_cluster {
        wants.push(Want::Cluster);
    }
    wants.extend(tables(catalogue).map(|(service, table)| {
        if table.is_shared_by(placement) { rows((service, table)) } else { own_table((service, table)) }
    }));
    wants.extend(catalogue.services.iter().map(|service| Want::Service {
        service: service.name.clone(),
        cluster: if own_cluster { Whose::Own } else { Whose::Shared },
        pool: Whose::Own,
        tables: service.tables.iter().map(|t| whose(placement, t)).collect(),
        scale: if presence == Presence::AtRest { 0 } else { service.replicas },
    }));
    wants
}

fn whose(placement: Placement, table: &Table) -> (TableName, Whose) {
    let whose = if table.is_shared_by(placement) { Whose::Shared } else { Whose::Own };
    (table.name.clone(), whose)
}

fn tables(catalogue: &Catalogue) -> impl Iterator<Item = (&Service, &Table)> {
    catalogue.services.iter().flat_map(|service| service.tables.iter().map(move |table| (service, table)))
}

/// Whether any placement that is for sale shares it.
fn is_shared(catalogue: &Catalogue, table: &Table) -> bool {
    let ours = [Placement::Pooled, Placement::DedicatedServices, Placement::DedicatedCluster];
    ours.into_iter().any(|placement| catalogue.uses(placement) && table.is_shared_by(placement))
}

fn own_table((service, table): (&Service, &Table)) -> Want {
    Want::Table { service: service.name.clone(), table: table.name.clone() }
}

fn rows((service, table): (&Service, &Table)) -> Want {
    Want::Rows { service: service.name.clone(), table: table.name.clone() }
}

#[cfg(test)]
mod tests;
