//! What somebody did by hand: opened, it is closed again; made beside ours, it is left alone.

use aws_sdk_ec2::types::{IpPermission, IpRange};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::{Entry, EntryState, Owner, Resource, ResourceId};
use tenantry_ports::runtime::{Condition, Inputs, Runtime as _, Step, Tagged};

use crate::support::emulator::Emulator;
use crate::world::{World, desired};

const TENANT: &str = "premium-1";

fn resource(world: &World, kind: &str) -> Resource {
    let all = world.runtime.lower(&desired(TENANT, Placement::DedicatedCluster)).unwrap();
    all.into_iter().find(|resource| resource.kind == kind).unwrap()
}

/// Made, or mended, as an inventory has it.
async fn made(world: &World, kind: &str) -> Entry {
    let (owner, resource) = (desired(TENANT, Placement::DedicatedCluster).owner, resource(world, kind));
    loop {
        if let Step::Ready(outputs) = world.runtime.ensure(&owner, &resource, None, &Inputs::new()).await.unwrap() {
            return Entry { resource, state: EntryState::Present { outputs } };
        }
    }
}

#[tokio::test]
async fn a_security_group_opened_to_the_world_is_closed_again() {
    let world = World::at(&Emulator::ministack()).await;
    let owner = desired(TENANT, Placement::DedicatedCluster).owner;
    let entry = made(&world, "security-group").await;
    assert_eq!(world.runtime.inspect(&owner, &entry).await.unwrap(), Condition::Sound);
    let ec2 = aws_sdk_ec2::Client::new(&world.sdk);
    let id = entry.outputs().unwrap().values().next().unwrap();
    let everybody = IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22);
    let everybody = everybody.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build();
    ec2.authorize_security_group_ingress().group_id(id).ip_permissions(everybody).send().await.unwrap();
    let condition = world.runtime.inspect(&owner, &entry).await.unwrap();
    assert!(matches!(&condition, Condition::Drifted(how) if how.contains("rules")), "{condition:?}");
    let mended = made(&world, "security-group").await;
    assert_eq!(world.runtime.inspect(&owner, &mended).await.unwrap(), Condition::Sound);
    let groups = ec2.describe_security_groups().group_ids(id).send().await.unwrap();
    let open = groups.security_groups()[0].ip_permissions().iter().any(|rule| !rule.ip_ranges().is_empty());
    assert!(!open, "{groups:?}");
}

#[tokio::test]
async fn a_log_group_that_is_not_a_tenants_is_left_alone() {
    let world = World::at(&Emulator::ministack()).await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&world.sdk);
    let entry = made(&world, "log-group").await;
    let name = entry.resource.spec["name"].as_str().unwrap().to_owned();
    let (folder, _) = name.rsplit_once('/').unwrap();
    let (stage, _) = folder.rsplit_once('/').unwrap();
    // A role's own, and one that looks like a tenant's and has no tags.
    let (roles, alike) = (format!("{stage}/gateway"), format!("{folder}/t-somebody"));
    for name in [&roles, &alike] {
        logs.create_log_group().log_group_name(name).send().await.unwrap();
    }
    let there = async || {
        let found = logs.describe_log_groups().log_group_name_prefix(stage).send().await.unwrap();
        found.log_groups().iter().filter_map(|group| group.log_group_name().map(str::to_owned)).collect::<Vec<_>>()
    };
    let tagged = |native: &String, tenant: &str| Tagged {
        owner: Owner::Tenant(TenantId::parse(tenant).unwrap()),
        resource: ResourceId::new("log-group", "services"),
        kind: entry.resource.kind.clone(),
        native: native.clone(),
    };
    for (native, tenant) in [(&roles, "gateway"), (&alike, "t-somebody"), (&name, "t-other")] {
        let refused = world.runtime.discard(&tagged(native, tenant)).await.unwrap_err();
        assert!(refused.to_string().contains("does not carry our tags"), "{refused}");
    }
    assert_eq!(there().await.len(), 3);
    assert_eq!(world.runtime.discard(&tagged(&name, TENANT)).await.unwrap(), Step::Ready(()));
    assert!(!there().await.contains(&name));
    // Gone already.
    assert_eq!(world.runtime.discard(&tagged(&name, TENANT)).await.unwrap(), Step::Ready(()));
}
