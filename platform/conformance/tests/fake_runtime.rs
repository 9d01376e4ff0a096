//! The fake runtime is held to the suite of the real ones: a fake that behaves otherwise proves nothing.

use std::future::{Ready, ready};
use std::sync::Arc;

use tenantry_conformance::fake_runtime::FakeRuntime;
use tenantry_conformance::make::tenant_id;
use tenantry_conformance::runtime::RuntimeSubject;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::name::{Email, ServiceName, TableName, TenantName};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::{Desired, TenantFacts, Want, Whose};

fn shop() -> ServiceName {
    ServiceName::parse("shop").expect("a name")
}

fn things() -> TableName {
    TableName::parse("things").expect("a name")
}

fn service(cluster: Whose, pool: Whose, tables: Whose) -> Want {
    Want::Service { service: shop(), cluster, pool, tables: vec![(things(), tables)], scale: 1 }
}

fn table() -> Want {
    Want::Table { service: shop(), table: things() }
}

fn tenant(name: &str, placement: Placement, wants: Vec<Want>) -> Desired {
    let facts = TenantFacts {
        id: tenant_id(name),
        name: TenantName::parse(name).expect("a name"),
        email: Email::parse(format!("{name}@example.com")).expect("an address"),
        tier: "any".into(),
        placement,
    };
    Desired { owner: Owner::Tenant(facts.id.clone()), tenant: Some(facts), wants }
}

fn fake() -> Ready<RuntimeSubject> {
    use Whose::{Own, Shared};
    let own = vec![Want::Pool, Want::TenantAdmin { pool: Own }, Want::Cluster, table(), service(Own, Own, Own)];
    let pooled = vec![Want::TenantAdmin { pool: Shared }, Want::Rows { service: shop(), table: things() }];
    let stage = vec![Want::Pool, Want::Cluster, table(), service(Own, Own, Own)];
    ready(RuntimeSubject {
        runtime: Arc::new(FakeRuntime::new()),
        stage: Desired { owner: Owner::Stage, tenant: None, wants: stage },
        tenants: vec![tenant("own", Placement::DedicatedCluster, own), tenant("pooled", Placement::Pooled, pooled)],
        keep: Box::new(()),
    })
}

tenantry_conformance::runtime_suite!(fake);
