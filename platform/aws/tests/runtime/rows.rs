//! A tenant's rows in a shared table go with the tenant, all of them and nobody else's.

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use tenantry_aws::runtime::names;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::resource::{Entry, EntryState, Outputs};
use tenantry_ports::runtime::{Runtime, Step};

use crate::support::emulator::Emulator;
use crate::world::{World, desired, service, table};

/// More than one step removes.
const ROWS: usize = 130;

async fn count(dynamo: &aws_sdk_dynamodb::Client, table: &str, tenant: &str) -> i32 {
    let query = dynamo.query().table_name(table).select(Select::Count).consistent_read(true);
    let query = query.key_condition_expression("tenantId = :t");
    query.expression_attribute_values(":t", AttributeValue::S(tenant.into())).send().await.unwrap().count()
}

async fn removed_with_the_tenant(emulator: Emulator) {
    let world = World::at(&emulator).await;
    let shared = names::shared_table(&world.place.shared_tables, &service("shop"), &table("things"));
    let dynamo = aws_sdk_dynamodb::Client::new(&world.sdk);
    for tenant in ["leaving", "staying"] {
        for number in 0..ROWS {
            let put = dynamo.put_item().table_name(&shared).item("tenantId", AttributeValue::S(tenant.into()));
            put.item("thingId", AttributeValue::S(number.to_string())).send().await.unwrap();
        }
    }
    let leaving = desired("leaving", Placement::Pooled);
    let resources = world.runtime.lower(&leaving).unwrap();
    let rows = resources.into_iter().find(|resource| resource.kind == "table-rows").unwrap();
    let entry = Entry { resource: rows, state: EntryState::Removing { outputs: Outputs::new() } };
    let mut steps = 0;
    while world.runtime.remove(&leaving.owner, &entry).await.unwrap() != Step::Ready(()) {
        steps += 1;
        assert!(steps < ROWS, "its rows do not become fewer");
    }
    assert!(steps > 1, "one step took them all");
    assert_eq!(count(&dynamo, &shared, "leaving").await, 0);
    assert_eq!(count(&dynamo, &shared, "staying").await, i32::try_from(ROWS).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_ministack() {
    removed_with_the_tenant(Emulator::ministack()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_moto() {
    removed_with_the_tenant(Emulator::moto()).await;
}
