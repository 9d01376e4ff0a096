use std::collections::BTreeMap;

use tenantry_contract::id::TenantId;
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::want::TenantFacts;

use super::super::place::{Architecture, Namespace, Subnet};
use super::*;

pub fn place() -> Place {
    let subnet = |id: &str, zone: &str| Subnet { id: id.into(), zone: zone.into() };
    Place {
        stage: "prod".into(),
        partition: "aws".into(),
        region: "eu-west-1".into(),
        account: "123456789012".into(),
        vpc: "vpc-1".into(),
        subnets: vec![subnet("subnet-a", "a"), subnet("subnet-b", "b")],
        public_addresses: false,
        gateway_group: "sg-gateway".into(),
        provisioner_group: "sg-provisioner".into(),
        cluster: "prod-shared".into(),
        namespaces: vec![Namespace { id: "ns-1".into(), name: "prod.internal".into() }],
        execution_role: "arn:aws:iam::123456789012:role/execution".into(),
        boundary: None,
        iam_path: "/tenantry/prod/".into(),
        image: "registry/tenantry:1".into(),
        architecture: Architecture::X86_64,
        probe: None,
        users_table: "prod-ControlPlane".into(),
        shared_tables: "prod-".into(),
        log_retention_days: 14,
        point_in_time_recovery: true,
        pool: None,
        environment: BTreeMap::new(),
    }
}

fn desired(placement: Placement, shared: bool) -> Desired {
    let id = TenantId::parse("t-1").unwrap();
    let (service, table) = (ServiceName::parse("orders").unwrap(), TableName::parse("orders").unwrap());
    let whose = if shared { Whose::Shared } else { Whose::Own };
    let own_cluster = placement == Placement::DedicatedCluster;
    let (service_, table_) = (service.clone(), table.clone());
    let mut wants =
        vec![Want::TenantAdmin { pool: if placement == Placement::Pooled { Whose::Shared } else { Whose::Own } }];
    wants.push(match whose {
        Whose::Shared => Want::Rows { service: service_, table: table_ },
        Whose::Own => Want::Table { service: service_, table: table_ },
    });
    if placement != Placement::Pooled {
        wants.push(Want::Pool);
        wants.extend(own_cluster.then_some(Want::Cluster));
        let cluster = if own_cluster { Whose::Own } else { Whose::Shared };
        wants.push(Want::Service { service, cluster, pool: Whose::Own, tables: vec![(table, whose)], scale: 1 });
    }
    let facts = TenantFacts {
        id: id.clone(),
        name: TenantName::parse("acme").unwrap(),
        email: Email::parse("ada@example.com").unwrap(),
        tier: "some".into(),
        placement,
    };
    Desired { owner: Owner::Tenant(id), tenant: Some(facts), wants }
}

fn lowered(desired: &Desired) -> Vec<Resource> {
    lower(&place(), &Catalogue::parse(Catalogue::DEFAULT).unwrap(), desired).unwrap()
}

fn ids(desired: &Desired) -> Vec<String> {
    let mut ids: Vec<_> = lowered(desired).into_iter().map(|r| r.id.to_string()).collect();
    ids.sort();
    ids
}

fn stage() -> Desired {
    let (service, table) = (ServiceName::parse("orders").unwrap(), TableName::parse("orders").unwrap());
    let tables = vec![(table.clone(), Whose::Own)];
    let run = Want::Service { service: service.clone(), cluster: Whose::Own, pool: Whose::Own, tables, scale: 1 };
    let wants = vec![Want::Pool, Want::Cluster, Want::Table { service, table }, run];
    Desired { owner: Owner::Stage, tenant: None, wants }
}

#[test]
fn the_stage_has_pooled_services_and_shared_tables() {
    let common = ["discovery/orders", "group/services", "logs/services", "role/rows", "role/tasks", "service/orders"];
    assert_eq!(ids(&stage()), [&common[..], &["table/orders.orders", "task/orders"]].concat());
    let all = lowered(&stage());
    let of = |kind: &str| all.iter().find(|resource| resource.kind == kind).unwrap();
    let task: TaskSpec = spec::read(of("task-definition")).unwrap();
    assert_eq!((task.family.as_str(), task.pool), ("prod_orders", Whose::Shared));
    assert_eq!(task.environment["TENANTRY_OWNER"], "stage");
    assert_eq!(task.environment["TENANTRY_TABLE_ORDERS"], "prod-orders.orders");
    let rows = "arn:aws:iam::123456789012:role/tenantry/prod/prod.rows";
    assert_eq!(task.environment["TENANTRY_ROWS_ROLE"], rows);
    assert!(!task.environment.contains_key("TENANTRY_TENANT_ID"));
    let roles = all.iter().filter(|resource| resource.kind == "task-role").map(|role| spec::read(role).unwrap());
    let [tasks, narrowed]: [RoleSpec; 2] = roles.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((tasks.takes_on.as_deref(), tasks.own_tables.len()), (Some(rows), 0));
    assert_eq!(narrowed.taken_on_by, Some(task.role_arn));
    assert_eq!(narrowed.own_tables, ["arn:aws:dynamodb:eu-west-1:123456789012:table/prod-orders.orders"]);
    let service = of("ecs-service");
    let spec: ServiceSpec = spec::read(service).unwrap();
    assert_eq!((spec.name.as_str(), spec.cluster.as_str()), ("orders", "prod-shared"));
    assert!(service.needs.contains(&Need::Own(ResourceId::new("table", "orders.orders"))), "{:?}", service.needs);
}

#[test]
fn a_pooled_tenant_has_no_resource_of_its_own() {
    assert_eq!(ids(&desired(Placement::Pooled, true)), ["rows/orders.orders", "user/admin"]);
}

#[test]
fn a_dedicated_tenant_has_all_its_services_need() {
    let common = ["discovery/orders", "group/services", "logs/services", "pool/users", "role/tasks"];
    let services = ["rows/orders.orders", "service/orders", "task/orders", "user/admin"];
    assert_eq!(ids(&desired(Placement::DedicatedServices, true)), [&common[..], &services].concat());
    let premium = ids(&desired(Placement::DedicatedCluster, false));
    assert_eq!(premium[0], "cluster/main");
    assert!(premium.contains(&"table/orders.orders".to_owned()));
}

#[test]
fn a_service_goes_before_all_it_stands_on() {
    let resources = lowered(&desired(Placement::DedicatedCluster, false));
    let service = resources.iter().find(|r| r.kind == "ecs-service").unwrap();
    for kind in ["cluster", "discovery-service", "log-group", "security-group", "table", "task-definition", "task-role"]
    {
        let other = resources.iter().find(|r| r.kind == kind).unwrap();
        assert!(service.needs.contains(&Need::Own(other.id.clone())), "{kind}");
    }
    assert!(resources.iter().flat_map(|r| &r.needs).all(|need| matches!(need, Need::Own(_))));
    let rows = lowered(&desired(Placement::Pooled, true)).into_iter().find(|r| r.kind == "table-rows").unwrap();
    assert_eq!(rows.needs, [Need::Stage(ResourceId::new("table", "orders.orders"))]);
}

#[test]
fn names_know_no_tenant_name_and_hashes_no_tier() {
    let before = desired(Placement::DedicatedCluster, false);
    let mut after = before.clone();
    after.tenant.as_mut().unwrap().tier = "other".into();
    for (a, b) in lowered(&before).iter().zip(&lowered(&after)) {
        assert_eq!(a.spec_hash, b.spec_hash, "{}", a.id);
        assert!(a.kind == "tenant-admin" || !a.spec.to_string().contains("acme"), "{a:?}");
    }
}

#[test]
fn our_image_is_probed_and_another_says_how() {
    let mut catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    let task = |catalogue: &Catalogue| {
        let all = lower(&place(), catalogue, &desired(Placement::DedicatedCluster, false))?;
        let task = all.into_iter().find(|r| r.kind == "task-definition").unwrap();
        spec::read::<TaskSpec>(&task)
    };
    let ours = task(&catalogue).unwrap();
    assert_eq!(ours.health_command, ["CMD", "/tenantry", "probe", "http://127.0.0.1:3010/orders/health"]);
    assert_eq!((ours.image.as_str(), ours.command), ("registry/tenantry:1", vec!["service".into(), "orders".into()]));
    catalogue.services[0].image = "theirs:2".into();
    assert!(!task(&catalogue).unwrap_err().retryable());
    catalogue.services[0].health_command = Some(vec!["true".into()]);
    let theirs = task(&catalogue).unwrap();
    assert_eq!((theirs.health_command, theirs.command), (vec!["CMD".to_owned(), "true".into()], vec![]));
}
