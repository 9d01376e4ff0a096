use std::time::Duration;

use tenantry_contract::resource::Owner;
use tenantry_ports::page::PageRequest;

use super::orphan;
use crate::make::tenant_id;
use crate::subject::Subject;

pub async fn a_requested_removal_is_noted_once(s: Subject) {
    let known = orphan(&Owner::Tenant(tenant_id("t1")), "orders");
    assert_eq!(s.orphans.request_orphan_removal(&known.id).await.unwrap(), None);
    s.orphans.record_orphans(vec![known.clone(), orphan(&Owner::Stage, "products")]).await.unwrap();
    assert_eq!(s.orphans.requested_orphan_removals(10).await.unwrap(), []);
    let asked = s.orphans.request_orphan_removal(&known.id).await.unwrap().unwrap();
    assert!(asked.removal_requested.is_some());
    let requested = s.orphans.requested_orphan_removals(10).await.unwrap();
    assert_eq!(requested, std::slice::from_ref(&asked), "of two one was asked for");
    assert_eq!(s.orphans.orphan(&known.id).await.unwrap(), Some(asked.clone()));
    s.time.pass(Duration::from_secs(5)).await;
    assert_eq!(s.orphans.request_orphan_removal(&known.id).await.unwrap(), Some(asked));
}

pub async fn a_sweep_keeps_a_requested_removal(s: Subject) {
    let known = orphan(&Owner::Stage, "orders");
    s.orphans.record_orphans(vec![known.clone()]).await.unwrap();
    let asked = s.orphans.request_orphan_removal(&known.id).await.unwrap();
    assert_eq!(s.orphans.record_orphans(vec![known.clone()]).await.unwrap(), 0);
    assert_eq!(s.orphans.orphan(&known.id).await.unwrap(), asked);
}

pub async fn a_forgotten_orphan_is_gone(s: Subject) {
    let (one, two) = (orphan(&Owner::Stage, "orders"), orphan(&Owner::Stage, "products"));
    s.orphans.record_orphans(vec![one.clone(), two.clone()]).await.unwrap();
    s.orphans.request_orphan_removal(&one.id).await.unwrap();
    s.orphans.forget_orphan(&one.id).await.unwrap();
    s.orphans.forget_orphan(&one.id).await.unwrap();
    assert_eq!(s.orphans.requested_orphan_removals(10).await.unwrap(), []);
    assert_eq!(s.orphans.orphan(&one.id).await.unwrap(), None);
    assert_eq!(s.orphans.orphans(PageRequest::first(10)).await.unwrap().items, [two]);
    assert_eq!(s.orphans.record_orphans(vec![one]).await.unwrap(), 1, "one that comes back is new");
}
