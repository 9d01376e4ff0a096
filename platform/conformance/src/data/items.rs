use std::collections::BTreeSet;

use serde_json::json;
use tenantry_ports::data::{Existing, PAGE_BYTES};
use tenantry_ports::page::PageRequest;

use super::{DataSubject, holds, item, numbered};
use crate::make::{tenant_id, together};

pub async fn what_is_put_is_there(s: DataSubject) {
    let acme = tenant_id("acme");
    assert_eq!(s.table.get(&acme, "k").await.unwrap(), None);
    let put = item(&json!({ "text": "\u{1F980} 'quoted'", "n": 1.5, "deep": { "list": [1, null, true, ""] } }));
    assert!(s.table.put(&acme, "k", put.clone(), Existing::Either).await.unwrap());
    holds(s.table.get(&acme, "k").await.unwrap().as_ref(), &put);
    assert_eq!(s.table.get(&acme, "K").await.unwrap(), None);
    let large = item(&json!({ "blob": "x".repeat(200 * 1024) }));
    assert!(s.table.put(&acme, "large", large.clone(), Existing::Either).await.unwrap());
    holds(s.table.get(&acme, "large").await.unwrap().as_ref(), &large);
}

pub async fn a_put_replaces_whole(s: DataSubject) {
    let acme = tenant_id("acme");
    s.table.put(&acme, "k", item(&json!({ "a": 1, "b": 2 })), Existing::Either).await.unwrap();
    s.table.put(&acme, "k", item(&json!({ "a": 3 })), Existing::Either).await.unwrap();
    let got = s.table.get(&acme, "k").await.unwrap().expect("it is there");
    assert_eq!((got.get("a"), got.get("b")), (Some(&json!(3)), None));
}

pub async fn a_condition_holds_or_nothing_is_written(s: DataSubject) {
    let acme = tenant_id("acme");
    assert!(!s.table.put(&acme, "k", numbered(1), Existing::Present).await.unwrap());
    assert_eq!(s.table.get(&acme, "k").await.unwrap(), None);
    assert!(s.table.put(&acme, "k", numbered(2), Existing::Absent).await.unwrap());
    assert!(!s.table.put(&acme, "k", numbered(3), Existing::Absent).await.unwrap());
    holds(s.table.get(&acme, "k").await.unwrap().as_ref(), &numbered(2));
    assert!(s.table.put(&acme, "k", numbered(4), Existing::Present).await.unwrap());
    holds(s.table.get(&acme, "k").await.unwrap().as_ref(), &numbered(4));
}

pub async fn of_many_that_make_one_item_one_does(s: DataSubject) {
    let made = together(12, |n| {
        let table = s.table.clone();
        async move { table.put(&tenant_id("acme"), "k", numbered(n), Existing::Absent).await.unwrap().then_some(n) }
    })
    .await;
    let winners: Vec<usize> = made.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    holds(s.table.get(&tenant_id("acme"), "k").await.unwrap().as_ref(), &numbered(winners[0]));
}

pub async fn what_is_deleted_is_gone(s: DataSubject) {
    let acme = tenant_id("acme");
    assert!(!s.table.delete(&acme, "k").await.unwrap());
    s.table.put(&acme, "k", numbered(1), Existing::Either).await.unwrap();
    assert!(s.table.delete(&acme, "k").await.unwrap());
    assert!(!s.table.delete(&acme, "k").await.unwrap());
    assert_eq!(s.table.get(&acme, "k").await.unwrap(), None);
    assert!(s.table.put(&acme, "k", numbered(2), Existing::Absent).await.unwrap());
}

pub async fn keys_are_any_text(s: DataSubject) {
    let acme = tenant_id("acme");
    let keys = ["a", "A", "a ", "a:b", "a#b", "a/b", "a%", "a_", "'; DROP TABLE items; --", "\u{e9}", "e\u{301}"];
    for (n, key) in keys.iter().enumerate() {
        assert!(s.table.put(&acme, key, numbered(n), Existing::Absent).await.unwrap(), "{key}");
    }
    for (n, key) in keys.iter().enumerate() {
        holds(s.table.get(&acme, key).await.unwrap().as_ref(), &numbered(n));
    }
}

/// The numbers on every page; all pages but the last are full.
async fn listed(s: &DataSubject, limit: usize, mut between: impl AsyncFnMut()) -> Vec<u64> {
    let (mut numbers, mut page) = (Vec::new(), PageRequest::first(limit));
    loop {
        let got = s.table.list(&tenant_id("acme"), page.clone()).await.unwrap();
        numbers.extend(got.items.iter().filter_map(|i| i["n"].as_u64()));
        let Some(next) = got.next else { return numbers };
        assert_eq!(got.items.len(), limit);
        page.after = Some(next);
        between().await;
    }
}

pub async fn every_item_is_listed_once(s: DataSubject) {
    assert_eq!(listed(&s, 5, async || {}).await, Vec::<u64>::new());
    for n in 0..20 {
        s.table.put(&tenant_id("acme"), &format!("k{n}"), numbered(n), Existing::Either).await.unwrap();
        s.table.put(&tenant_id("other"), &format!("k{n}"), numbered(n + 100), Existing::Either).await.unwrap();
    }
    for limit in [1, 7, 20, 100] {
        let mut numbers = listed(&s, limit, async || {}).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>(), "limit {limit}");
    }
}

pub async fn a_page_of_large_items_ends_early(s: DataSubject) {
    let acme = tenant_id("acme");
    for n in 0..12 {
        // Its JSON is longer than its text: 300,000 bytes.
        let large = item(&json!({ "n": n, "blob": "\n\u{1}\"".repeat(30_000) }));
        s.table.put(&acme, &format!("k{n}"), large, Existing::Either).await.unwrap();
    }
    let (mut numbers, mut page) = (BTreeSet::new(), PageRequest::first(100));
    loop {
        let got = s.table.list(&acme, page.clone()).await.unwrap();
        assert!(!got.items.is_empty(), "a page without an item leads nowhere");
        let bytes = serde_json::to_string(&got.items).unwrap().len();
        assert!(bytes <= PAGE_BYTES, "a page of {bytes} bytes");
        for item in &got.items {
            assert!(numbers.insert(item["n"].as_u64()), "nothing is listed twice");
        }
        let Some(next) = got.next else { break };
        page.after = Some(next);
    }
    assert_eq!(numbers.len(), 12);
}

pub async fn items_there_before_are_listed_once_while_others_come(s: DataSubject) {
    for n in 0..15 {
        s.table.put(&tenant_id("acme"), &format!("k{n}"), numbered(n), Existing::Either).await.unwrap();
    }
    let mut n = 100;
    let numbers = listed(&s, 4, async || {
        // Not for ever: a list in order of coming would never end.
        if n < 106 {
            s.table.put(&tenant_id("acme"), &format!("k{n}"), numbered(n), Existing::Either).await.unwrap();
            n += 1;
        }
    })
    .await;
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), numbers.len(), "nothing is listed twice");
    assert!((0..15).all(|n| distinct.contains(&n)), "nothing is left out: {distinct:?}");
}
