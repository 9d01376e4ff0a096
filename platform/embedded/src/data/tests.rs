use serde_json::json;

use super::*;

mod on_disk {
    use std::future::{Ready, ready};
    use std::sync::Arc;

    use tenantry_conformance::data::DataSubject;

    fn shared() -> Ready<DataSubject> {
        let (dir, table, _) = super::twice();
        ready(DataSubject { table: Arc::new(table), keep: Box::new(dir) })
    }

    tenantry_conformance::data_suite!(threads: shared);
}

mod in_memory {
    use std::future::{Ready, ready};
    use std::sync::Arc;

    use tenantry_conformance::data::DataSubject;

    fn inline() -> Ready<DataSubject> {
        let table = super::LocalTable::in_memory().unwrap();
        ready(DataSubject { table: Arc::new(table), keep: Box::new(()) })
    }

    tenantry_conformance::data_suite!(inline);
}

fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

fn item(n: usize) -> Item {
    json!({ "n": n }).as_object().unwrap().clone()
}

/// As a service and the runtime have it: one file, opened twice.
fn twice() -> (tempfile::TempDir, LocalTable, LocalTable) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders-orders.db");
    LocalTable::create(&file).unwrap();
    let (one, other) = (LocalTable::open(&file).unwrap(), LocalTable::open(&file).unwrap());
    (dir, one, other)
}

#[tokio::test]
async fn a_key_is_a_tenants_own() {
    let (_dir, table, _) = twice();
    let (a, b) = (tenant("a"), tenant("b"));
    assert!(table.put(&a, "1", item(1), Existing::Absent).await.unwrap());
    assert!(table.put(&b, "1", item(2), Existing::Absent).await.unwrap(), "another tenant's key is no obstacle");
    assert!(!table.delete(&b, "2").await.unwrap());
    assert!(table.delete(&b, "1").await.unwrap());
    assert_eq!(table.get(&a, "1").await.unwrap(), Some(item(1)));
    assert_eq!(table.get(&b, "1").await.unwrap(), None);
    assert!(table.list(&b, PageRequest::first(10)).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn conditions_hold_and_write_nothing_when_they_do_not() {
    let table = LocalTable::in_memory().unwrap();
    let a = tenant("a");
    assert!(!table.put(&a, "1", item(0), Existing::Present).await.unwrap());
    assert_eq!(table.get(&a, "1").await.unwrap(), None);
    assert!(table.put(&a, "1", item(1), Existing::Absent).await.unwrap());
    assert!(!table.put(&a, "1", item(2), Existing::Absent).await.unwrap());
    assert_eq!(table.get(&a, "1").await.unwrap(), Some(item(1)));
    assert!(table.put(&a, "1", item(3), Existing::Present).await.unwrap());
    assert!(table.put(&a, "1", item(4), Existing::Either).await.unwrap());
    assert_eq!(table.get(&a, "1").await.unwrap(), Some(item(4)));
}

#[tokio::test]
async fn pages_are_filled_and_the_last_says_so() {
    let table = LocalTable::in_memory().unwrap();
    let a = tenant("a");
    for n in 0..6 {
        table.put(&a, &n.to_string(), item(n), Existing::Either).await.unwrap();
        table.put(&tenant("b"), &n.to_string(), item(100), Existing::Either).await.unwrap();
    }
    let first = table.list(&a, PageRequest::first(3)).await.unwrap();
    assert_eq!(first.items, [item(0), item(1), item(2)]);
    let second = table.list(&a, PageRequest { limit: 3, after: first.next }).await.unwrap();
    assert_eq!((second.items, second.next), (vec![item(3), item(4), item(5)], None));
}

#[tokio::test]
async fn a_removed_tenant_leaves_no_row_and_writes_none() {
    let (_dir, service, runtime) = twice();
    let (a, b) = (tenant("a"), tenant("b"));
    let who = a.clone();
    let fill = move |conn: &Connection| {
        // One commit for all of them.
        (0..REMOVED_AT_ONCE + 5).try_for_each(|n| put(conn, &who, &n.to_string(), "{}", Existing::Either).map(drop))
    };
    service.db.write(fill).await.unwrap();
    service.put(&b, "1", item(1), Existing::Either).await.unwrap();
    assert_eq!(runtime.tenants("", 10).await.unwrap(), [a.clone(), b.clone()]);
    assert_eq!(runtime.tenants("a", 10).await.unwrap(), std::slice::from_ref(&b));
    assert!(!runtime.expel(&a).await.unwrap(), "a part at a time");
    let late = service.put(&a, "late", item(9), Existing::Either).await;
    assert!(matches!(late, Err(DataError::Refused(Refusal::Gone))), "{late:?}");
    assert!(runtime.expel(&a).await.unwrap());
    assert!(runtime.expel(&a).await.unwrap(), "again, to no effect");
    assert_eq!(runtime.tenants("", 10).await.unwrap(), std::slice::from_ref(&b));
    assert_eq!(service.get(&b, "1").await.unwrap(), Some(item(1)));

    runtime.admit(&a).await.unwrap();
    assert!(service.put(&a, "1", item(1), Existing::Either).await.unwrap(), "a retry of a failed onboarding");
}
