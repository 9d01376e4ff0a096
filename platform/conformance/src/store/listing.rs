use std::collections::BTreeSet;

use serde_json::json;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::id::{OperationId, TenantId};
use tenantry_contract::lifecycle::NewTenant;
use tenantry_contract::name::TenantName;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::Listed;

use super::same;
use crate::make::{new_tenant, registration_id, tenant_id};
use crate::subject::Subject;

/// Reads every page; all but the last must be full. `between` runs after each.
async fn all(s: &Subject, limit: usize, mut between: impl AsyncFnMut()) -> Vec<TenantId> {
    let (mut ids, mut page) = (Vec::new(), PageRequest::first(limit));
    loop {
        let got = s.store.tenants(page.clone()).await.unwrap();
        ids.extend(records(&got.items).map(|r| r.tenant_id.clone()));
        let Some(next) = got.next else { return ids };
        assert_eq!(got.items.len(), limit, "an adapter fills the page");
        page.after = Some(next);
        between().await;
    }
}

fn records(listed: &[Listed]) -> impl Iterator<Item = TenantRecord> {
    listed.iter().cloned().map(|one| one.record().expect("it can be read"))
}

/// What a reader of JSON does not take: a registration that no client could send.
fn deep() -> NewTenant {
    let mut new = new_tenant("deep", Placement::Pooled);
    let nested = (0..126).fold(json!("the needle"), |inner, _| json!([inner]));
    new.tenant.0.insert("note".into(), nested);
    new
}

pub async fn one_that_cannot_be_read_is_listed_exported_and_offboarded(s: Subject) {
    let first = s.new_tenant("first", Placement::Pooled).await;
    let deep = s.new_tenant_from(deep()).await;
    let last = s.new_tenant("last", Placement::Pooled).await;
    assert!(s.store.tenant(&deep.tenant_id).await.is_err());

    let mut readable = BTreeSet::new();
    let page = s.store.tenants(PageRequest::first(10)).await.unwrap();
    assert_eq!((page.items.len(), page.next), (3, None));
    for one in page.items {
        match one {
            Listed::Tenant(record) => assert!(readable.insert(record.tenant_id)),
            Listed::Unreadable(it) => {
                assert_eq!((it.tenant_id.as_ref(), it.name.as_deref()), (Some(&deep.tenant_id), Some("deep")));
                assert_eq!(it.registration_id.as_ref(), Some(&deep.registration_id));
                assert!(!it.why.is_empty());
            }
        }
    }
    assert_eq!(readable, BTreeSet::from([first.tenant_id.clone(), last.tenant_id]));

    for id in [deep.tenant_id.as_str(), deep.registration_id.as_str()] {
        let raw = s.store.raw(id).await.unwrap().expect("it is there");
        assert!(raw.text.contains("the needle") && raw.unreadable.is_some(), "{raw:?}");
        let salvaged = raw.salvaged.expect("all but one member can be read");
        assert_eq!(salvaged.lost, ["tenant.note"]);
        assert_eq!(salvaged.record.sign_in_email(), &deep.email);
        same(&salvaged.record.tenant, &json!({ "colour": "blue" }));
    }
    let whole = s.store.raw(first.tenant_id.as_str()).await.unwrap().expect("it is there");
    assert_eq!((whole.unreadable, whole.salvaged), (None, None));
    assert_eq!(s.store.raw("nope").await.unwrap(), None);

    // From then on it is a record like any other.
    let gone = s.offboarded(&deep).await;
    assert_eq!((gone.status, gone.active), (Status::Deleting, false));
    assert_eq!(s.kept(&deep).await, gone);
    let gone = s.reported(&gone, Verdict::Success, "gone").await;
    assert_eq!(gone.status, Status::Deleted);
    assert!(s.store.raw(deep.tenant_id.as_str()).await.unwrap().unwrap().unreadable.is_none());
    s.new_tenant("deep", Placement::Pooled).await;
}

pub async fn every_tenant_is_listed_once(s: Subject) {
    assert_eq!(s.store.tenants(PageRequest::first(5)).await.unwrap().items, []);
    let mut made = BTreeSet::new();
    for n in 0..20 {
        made.insert(s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await.tenant_id);
    }
    for limit in [1, 3, 10, 20, 100] {
        let listed = all(&s, limit, async || {}).await;
        assert_eq!(listed.len(), made.len(), "limit {limit}");
        assert_eq!(BTreeSet::from_iter(listed), made, "limit {limit}");
    }
    assert_eq!(all(&s, 7, async || {}).await, all(&s, 9, async || {}).await, "the order is stable");
}

pub async fn tenants_there_before_are_listed_once_while_others_come(s: Subject) {
    let mut before = BTreeSet::new();
    for n in 0..15 {
        before.insert(s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await.tenant_id);
    }
    let mut n = 0;
    let listed = all(&s, 4, async || {
        // Not for ever: a list in order of coming would never end.
        if n < 6 {
            s.new_tenant_from(new_tenant(&format!("late{n}"), Placement::Pooled)).await;
            n += 1;
        }
    })
    .await;
    let distinct = BTreeSet::from_iter(listed.clone());
    assert_eq!(distinct.len(), listed.len(), "nobody is listed twice");
    assert!(distinct.is_superset(&before), "nobody is left out");
}

pub async fn operations_are_listed_newest_first(s: Subject) {
    let record = s.new_tenant("acme", Placement::Pooled).await;
    s.new_tenant("other", Placement::Pooled).await;
    let after = s.offboarded(&record).await;
    let expected: Vec<OperationId> = [&after, &record].map(|r| r.operation.as_ref().unwrap().id.clone()).into();
    let ids = |operations: &[Operation]| operations.iter().map(|op| op.id.clone()).collect::<Vec<_>>();
    let whole = s.store.operations(&record.tenant_id, PageRequest::first(10)).await.unwrap();
    assert_eq!((ids(&whole.items), whole.next), (expected.clone(), None));
    let first = s.store.operations(&record.tenant_id, PageRequest::first(1)).await.unwrap();
    assert_eq!(ids(&first.items), expected[..1]);
    let rest = PageRequest { limit: 1, after: Some(first.next.expect("there is more")) };
    assert_eq!(ids(&s.store.operations(&record.tenant_id, rest).await.unwrap().items), expected[1..]);
    let none = s.store.operations(&tenant_id("nope"), PageRequest::first(10)).await.unwrap();
    assert_eq!((none.items, none.next), (Vec::new(), None));
}

pub async fn tiers_of_the_living_are_in_use(s: Subject) {
    assert_eq!(s.store.tiers_in_use().await.unwrap(), Vec::new());
    let (pooled, external) = (Placement::Pooled, Placement::External);
    for (name, tier, at) in
        [("a", "gold", pooled), ("b", "gold", external), ("c", "gold", pooled), ("d", "Silver", pooled)]
    {
        let mut new = new_tenant(name, at);
        new.tier = tier.into();
        s.new_tenant_from(new).await;
    }
    s.gone_tenant("e", Placement::DedicatedCluster).await;
    let tiers: BTreeSet<(String, Placement)> = s.store.tiers_in_use().await.unwrap().into_iter().collect();
    assert_eq!(tiers, BTreeSet::from([("gold".into(), pooled), ("gold".into(), external), ("Silver".into(), pooled)]));
}

pub async fn what_is_not_there_is_none(s: Subject) {
    s.new_tenant("acme", Placement::Pooled).await;
    assert_eq!(s.store.tenant(&tenant_id("nope")).await.unwrap(), None);
    assert_eq!(s.store.registration(&registration_id("nope")).await.unwrap(), None);
    assert_eq!(s.store.tenant_named(&TenantName::parse("nope").unwrap()).await.unwrap(), None);
    assert_eq!(s.store.operation(&OperationId::parse("nope").unwrap()).await.unwrap(), None);
}

pub async fn it_answers(s: Subject) {
    s.store.ping().await.unwrap();
}
