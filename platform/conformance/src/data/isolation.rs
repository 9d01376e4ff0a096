use tenantry_ports::data::Existing;
use tenantry_ports::page::PageRequest;

use super::{DataSubject, holds, numbered};
use crate::make::tenant_id;

pub async fn tenants_do_not_see_each_other(s: DataSubject) {
    // One name begins the other's, and has what a pattern would take for anything.
    let (a, b) = (tenant_id("ten_"), tenant_id("ten_1"));
    s.table.put(&a, "k", numbered(1), Existing::Either).await.unwrap();
    assert_eq!(s.table.get(&b, "k").await.unwrap(), None);
    assert!(s.table.list(&b, PageRequest::first(10)).await.unwrap().items.is_empty());
    s.table.put(&b, "k", numbered(2), Existing::Absent).await.unwrap();
    holds(s.table.get(&a, "k").await.unwrap().as_ref(), &numbered(1));
    holds(s.table.get(&b, "k").await.unwrap().as_ref(), &numbered(2));
    assert_eq!(s.table.list(&a, PageRequest::first(10)).await.unwrap().items.len(), 1);
}

pub async fn tenants_do_not_touch_each_other(s: DataSubject) {
    let (a, b) = (tenant_id("a"), tenant_id("b"));
    s.table.put(&a, "k", numbered(1), Existing::Either).await.unwrap();
    assert!(!s.table.delete(&b, "k").await.unwrap());
    assert!(!s.table.put(&b, "k", numbered(2), Existing::Present).await.unwrap());
    for forged in ["a:k", "../a/k", "a/k"] {
        assert_eq!(s.table.get(&b, forged).await.unwrap(), None);
        assert!(!s.table.delete(&b, forged).await.unwrap());
    }
    holds(s.table.get(&a, "k").await.unwrap().as_ref(), &numbered(1));
}

pub async fn a_position_of_one_tenant_shows_another_nothing(s: DataSubject) {
    let (a, b) = (tenant_id("a"), tenant_id("b"));
    for n in 0..6 {
        s.table.put(&a, &format!("k{n}"), numbered(n), Existing::Either).await.unwrap();
        s.table.put(&b, &format!("k{n}"), numbered(n + 100), Existing::Either).await.unwrap();
    }
    let page = s.table.list(&a, PageRequest::first(2)).await.unwrap();
    let stolen = PageRequest { limit: 100, after: Some(page.next.expect("there is more")) };
    // An error will do as well as a page of one's own.
    if let Ok(page) = s.table.list(&b, stolen).await {
        assert!(page.items.iter().all(|i| i["n"].as_u64() >= Some(100)), "{:?}", page.items);
    }
}
