//! The dependency graph is the architecture: which of our crates may depend on which, development dependencies
//! aside.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may use of ours. A crate that is missing here fails the test.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    const CONTRACT: &str = "tenantry-contract";
    const PORTS: &str = "tenantry-ports";
    const WEB: &str = "tenantry-web";
    const TENANCY: &str = "tenantry-tenancy";
    BTreeMap::from([
        (CONTRACT, &[] as &[_]),
        (PORTS, &[CONTRACT]),
        ("tenantry-conformance", &[CONTRACT, PORTS]),
        (WEB, &[CONTRACT, PORTS]),
        ("tenantry-embedded", &[CONTRACT, PORTS, WEB]),
        ("tenantry-aws", &[CONTRACT, PORTS]),
        ("tenantry-control-plane", &[CONTRACT, PORTS, WEB]),
        ("tenantry-provisioner", &[CONTRACT, PORTS]),
        (TENANCY, &[CONTRACT, PORTS, WEB]),
        ("tenantry-gateway", &[CONTRACT, PORTS, WEB, TENANCY]),
        ("tenantry-orders", &[CONTRACT, PORTS, WEB, TENANCY]),
        ("tenantry-products", &[CONTRACT, PORTS, WEB, TENANCY]),
        ("tenantry-users", &[CONTRACT, PORTS, WEB, TENANCY]),
    ])
}

/// The only crate that may use every other one.
const COMPOSITION: &str = "tenantry";

#[test]
fn dependencies_point_the_way_the_design_says() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    let ours: BTreeSet<String> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    let allowed = allowed();
    let mut wrong = Vec::new();
    for package in metadata.packages.iter().filter(|p| p.name.as_str() != COMPOSITION) {
        let Some(may) = allowed.get(package.name.as_str()) else {
            wrong.push(format!("{} has no line in this test", package.name));
            continue;
        };
        let uses = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        for used in uses.filter(|d| ours.contains(d.name.as_str()) && !may.contains(&d.name.as_str())) {
            wrong.push(format!("{} must not depend on {}", package.name, used.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_contract_knows_no_runtime_or_framework() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    let contract = metadata.packages.iter().find(|p| p.name.as_str() == "tenantry-contract").expect("the contract");
    for banned in ["tokio", "axum", "hyper", "rusqlite", "reqwest"] {
        assert!(contract.dependencies.iter().all(|d| d.name != banned), "the contract depends on {banned}");
    }
}
