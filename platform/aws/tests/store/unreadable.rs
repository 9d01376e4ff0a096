//! What one event holds that nobody can read is nobody else's trouble.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_conformance::make::new_tenant;
use tenantry_conformance::subject::Time as _;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Event;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Listed, Registered, TenantStore};

use crate::support::emulator::Emulator;
use crate::support::subject::{Fresh, fresh};

async fn registered(fresh: &Fresh, name: &str) -> TenantRecord {
    match fresh.database.register(new_tenant(name, Placement::Pooled), None).await.unwrap() {
        Registered::New(record) => *record,
        other => panic!("{other:?}"),
    }
}

/// As a newer version might have written it.
async fn spoil_events_of(fresh: &Fresh, table: &str, record: &TenantRecord) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let found = fresh.client.scan().table_name(table).send().await.unwrap().items.unwrap();
    let id = record.tenant_id.as_str();
    let is_event = |item: &&std::collections::HashMap<String, AttributeValue>| {
        item["pk"].as_s().unwrap().starts_with("events")
            && item.get("event").is_some_and(|event| event.as_s().unwrap().contains(id))
    };
    let mut spoilt = 0;
    for item in found.iter().filter(is_event) {
        let update = fresh.client.update_item().table_name(table);
        let update = update.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        let update = update.update_expression("SET #event = :event").expression_attribute_names("#event", "event");
        update.expression_attribute_values(":event", text("{\"from\":2051}")).send().await.unwrap();
        spoilt += 1;
    }
    assert_eq!(spoilt, 1);
}

#[tokio::test]
async fn others_are_listed_and_followed() {
    let emulator = Emulator::ministack();
    let fresh = fresh(&emulator).await;
    let log = &fresh.database;
    let start = log.end().await.unwrap();
    let mut records = Vec::new();
    for name in ["a", "b", "c"] {
        records.push(registered(&fresh, name).await);
        fresh.clock.pass(Duration::from_millis(5)).await;
    }
    spoil_events_of(&fresh, &format!("{}-ControlPlane", emulator.prefix), &records[1]).await;
    let names = |events: &[Event]| {
        let mut names: Vec<_> = events.iter().map(|event| event.text("tenantName").unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    };
    let of = |tenant| EventFilter { tenant, detail_type: None };
    let all = log.recent(&of(None), PageRequest::first(10)).await.unwrap();
    assert_eq!(names(&all.items), ["a", "c"]);
    let of_b = log.recent(&of(Some(records[1].tenant_id.clone())), PageRequest::first(10)).await.unwrap();
    assert_eq!((of_b.items, of_b.next), (vec![], None));
    let followed = log.follow(&start, 10, Duration::from_secs(5)).await.unwrap();
    assert_eq!(names(&followed.into_iter().map(|(_, event)| event).collect::<Vec<_>>()), ["a", "c"]);
}

#[tokio::test]
async fn a_tenant_that_is_listed_and_not_there_is_passed_over() {
    let emulator = Emulator::ministack();
    let fresh = fresh(&emulator).await;
    let mut records = Vec::new();
    for name in ["a", "b", "c", "d"] {
        records.push(registered(&fresh, name).await);
        fresh.clock.pass(Duration::from_millis(5)).await;
    }
    let table = format!("{}-TenantDetails", emulator.prefix);
    let gone = AttributeValue::S(records[1].tenant_id.to_string());
    fresh.client.delete_item().table_name(&table).key("tenantId", gone).send().await.unwrap();
    let page = fresh.database.tenants(PageRequest::first(2)).await.unwrap();
    let rest = fresh.database.tenants(PageRequest { limit: 10, after: page.next }).await.unwrap();
    let found: Vec<_> = page.items.into_iter().chain(rest.items).filter_map(Listed::record).collect();
    records.remove(1);
    assert_eq!(found, records);
}
