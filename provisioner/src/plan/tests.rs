use tenantry_contract::id::TenantId;
use tenantry_contract::name::{Email, ServiceName, TenantName};

use super::*;

fn facts(placement: Placement) -> TenantFacts {
    TenantFacts {
        id: TenantId::parse("t-1").unwrap(),
        name: TenantName::parse("acme").unwrap(),
        email: Email::parse("ada@example.com").unwrap(),
        tier: "any".into(),
        placement,
    }
}

fn default() -> Catalogue {
    Catalogue::parse(Catalogue::DEFAULT).unwrap()
}

/// A want in a few words.
fn words(wants: &[Want]) -> Vec<String> {
    wants
        .iter()
        .map(|want| match want {
            Want::Pool => "pool".into(),
            Want::TenantAdmin { pool } => format!("admin in {pool:?}"),
            Want::Cluster => "cluster".into(),
            Want::Table { service, table } => format!("table {service}-{table}"),
            Want::Rows { service, table } => format!("rows {service}-{table}"),
            Want::Service { service, cluster, pool, tables, scale } => {
                let tables: Vec<_> = tables.iter().map(|(t, w)| format!("{t}:{w:?}")).collect();
                format!("service {service} cluster:{cluster:?} pool:{pool:?} [{}] x{scale}", tables.join(" "))
            }
        })
        .collect()
}

#[test]
fn pooled_makes_no_runtime_resource() {
    let wants = tenant(&facts(Placement::Pooled), Presence::Present, &default());
    assert_eq!(words(&wants), ["admin in Shared", "rows orders-orders", "rows products-products"]);
}

#[test]
fn dedicated_services_live_in_the_shared_cluster_and_share_what_the_catalogue_shares() {
    let wants = tenant(&facts(Placement::DedicatedServices), Presence::Present, &default());
    let expected = [
        "pool",
        "admin in Own",
        "table orders-orders",
        "rows products-products",
        "service orders cluster:Shared pool:Own [orders:Own] x1",
        "service products cluster:Shared pool:Own [products:Shared] x1",
        "service users cluster:Shared pool:Own [] x1",
    ];
    assert_eq!(words(&wants), expected);
}

#[test]
fn a_dedicated_cluster_has_everything_its_own() {
    let wants = tenant(&facts(Placement::DedicatedCluster), Presence::Present, &default());
    let expected = [
        "pool",
        "admin in Own",
        "cluster",
        "table orders-orders",
        "table products-products",
        "service orders cluster:Own pool:Own [orders:Own] x1",
        "service products cluster:Own pool:Own [products:Own] x1",
        "service users cluster:Own pool:Own [] x1",
    ];
    assert_eq!(words(&wants), expected);
}

#[test]
fn at_rest_is_the_same_without_running_services() {
    let present = tenant(&facts(Placement::DedicatedCluster), Presence::Present, &default());
    let at_rest = tenant(&facts(Placement::DedicatedCluster), Presence::AtRest, &default());
    let stopped: Vec<_> = words(&present).iter().map(|w| w.replace("x1", "x0")).collect();
    assert_eq!(words(&at_rest), stopped);
}

#[test]
fn absent_and_external_tenants_have_nothing() {
    assert!(tenant(&facts(Placement::DedicatedCluster), Presence::Absent, &default()).is_empty());
    assert!(tenant(&facts(Placement::External), Presence::Present, &default()).is_empty());
}

#[test]
fn the_stage_has_what_is_shared() {
    let expected = [
        "pool",
        "cluster",
        "table orders-orders",
        "table products-products",
        "service orders cluster:Own pool:Own [orders:Own] x1",
        "service products cluster:Own pool:Own [products:Own] x1",
        "service users cluster:Own pool:Own [] x1",
    ];
    assert_eq!(words(&stage(&default())), expected);
}

#[test]
fn a_placement_that_is_not_for_sale_makes_nothing() {
    let mut catalogue = default();
    catalogue.tiers.retain(|t| t.placement == Placement::DedicatedServices);
    assert_eq!(words(&stage(&catalogue)), ["cluster", "table products-products"]);
    catalogue.tiers.clear();
    assert!(stage(&catalogue).is_empty());
}

#[test]
fn a_stage_has_every_shared_table_a_tenant_has_rows_in() {
    let catalogue = default();
    let shared = words(&stage(&catalogue));
    for placement in Placement::ALL {
        for want in tenant(&facts(placement), Presence::Present, &catalogue) {
            if let Want::Rows { service, table } = want {
                assert!(shared.contains(&format!("table {service}-{table}")), "{placement}: {service}-{table}");
            }
        }
    }
    assert!(catalogue.service(&ServiceName::parse("orders").unwrap()).is_some());
}
