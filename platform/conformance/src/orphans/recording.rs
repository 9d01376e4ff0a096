use tenantry_contract::event::{Event, EventName};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_ports::log::EventFilter;
use tenantry_ports::page::PageRequest;

use super::orphan;
use crate::make::tenant_id;
use crate::subject::Subject;

fn of(tenant: &str) -> Owner {
    Owner::Tenant(tenant_id(tenant))
}

async fn published(s: &Subject, tenant: Option<TenantId>) -> Vec<Event> {
    let filter = EventFilter { tenant, detail_type: Some(EventName::OrphanFound.detail_type().to_owned()) };
    s.log.recent(&filter, PageRequest::first(100)).await.unwrap().items
}

pub async fn a_recorded_orphan_is_listed(s: Subject) {
    let first = orphan(&of("t1"), "orders");
    assert_eq!(s.orphans.orphans(PageRequest::first(10)).await.unwrap().items, []);
    assert_eq!(s.orphans.orphan(&first.id).await.unwrap(), None);
    assert_eq!(s.orphans.record_orphans(vec![first.clone()]).await.unwrap(), 1);
    let listed = s.orphans.orphans(PageRequest::first(10)).await.unwrap().items;
    assert_eq!(listed, std::slice::from_ref(&first));
    assert_eq!(s.orphans.orphan(&first.id).await.unwrap(), Some(first));
}

pub async fn a_new_orphan_is_published_once(s: Subject) {
    let (tenants, stages) = (orphan(&of("t1"), "orders"), orphan(&Owner::Stage, "orders"));
    assert_eq!(s.orphans.record_orphans(vec![tenants.clone()]).await.unwrap(), 1);
    assert_eq!(s.orphans.record_orphans(vec![tenants.clone(), stages.clone()]).await.unwrap(), 1);
    assert_eq!(s.orphans.record_orphans(vec![stages.clone(), tenants.clone()]).await.unwrap(), 0);
    assert_eq!(s.orphans.record_orphans(Vec::new()).await.unwrap(), 0);
    let named = |events: Vec<Event>| {
        let mut ids: Vec<String> = events.iter().filter_map(|e| e.text("orphanId").map(str::to_owned)).collect();
        ids.sort();
        ids
    };
    let mut both = [tenants.id.to_string(), stages.id.to_string()];
    both.sort();
    assert_eq!(named(published(&s, None).await), both);
    assert_eq!(named(published(&s, Some(tenant_id("t1"))).await), [tenants.id.to_string()]);
}

pub async fn orphans_are_listed_page_by_page(s: Subject) {
    let mut all: Vec<_> = (0..7).map(|n| orphan(&of(&format!("t{n}")), "orders")).collect();
    s.orphans.record_orphans(all.clone()).await.unwrap();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    for limit in [1, 3, 7, 50] {
        let (mut listed, mut page) = (Vec::new(), PageRequest::first(limit));
        loop {
            let got = s.orphans.orphans(page.clone()).await.unwrap();
            assert!(got.items.len() <= limit);
            listed.extend(got.items);
            let Some(next) = got.next else { break };
            page.after = Some(next);
        }
        assert_eq!(listed, all, "limit {limit}");
    }
}

/// More than one write of any adapter has room for.
pub async fn many_orphans_are_recorded_at_once(s: Subject) {
    let all: Vec<_> = (0..70).map(|n| orphan(&of(&format!("t{n}")), "orders")).collect();
    assert_eq!(s.orphans.record_orphans(all.clone()).await.unwrap(), all.len());
    assert_eq!(s.orphans.orphans(PageRequest::first(100)).await.unwrap().items.len(), all.len());
}
