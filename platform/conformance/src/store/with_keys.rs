use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::lifecycle::Begin;
use tenantry_ports::keys::KEY_LIFETIME;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{BeginOutcome, Registered};

use crate::make::{key, new_tenant, together};
use crate::subject::Subject;

async fn register(s: &Subject, name: &str, scope: &str, request: u8) -> Registered {
    s.store.register(new_tenant(name, Placement::Pooled), Some(key(scope, request))).await.unwrap()
}

fn body(registered: &Registered) -> Option<String> {
    match registered {
        Registered::New(record) => Some(record.tenant_id.to_string()),
        Registered::Replayed(answer) => {
            assert_eq!(answer.status, 201);
            Some(String::from_utf8(answer.body.clone()).unwrap())
        }
        _ => None,
    }
}

pub async fn the_same_key_is_done_once(s: Subject) {
    let first = register(&s, "acme", "k", 1).await;
    assert!(matches!(first, Registered::New(_)));
    let again = register(&s, "acme", "k", 1).await;
    assert!(matches!(again, Registered::Replayed(_)), "{again:?}");
    assert_eq!(body(&again), body(&first));
}

pub async fn the_same_key_at_once_is_done_once(s: Subject) {
    let store = s.store.clone();
    let results = together(16, |_| {
        let store = store.clone();
        async move { store.register(new_tenant("acme", Placement::Pooled), Some(key("k", 1))).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|r| matches!(r, Registered::New(_))).count(), 1);
    let id = body(&results[0]);
    assert!(id.is_some() && results.iter().all(|r| body(r) == id), "{results:?}");
    assert_eq!(s.store.tenants(PageRequest::first(10)).await.unwrap().items.len(), 1);
}

pub async fn a_key_of_another_request_is_reused(s: Subject) {
    register(&s, "acme", "k", 1).await;
    assert_eq!(register(&s, "other", "k", 2).await, Registered::KeyReused);
    assert_eq!(s.store.tenants(PageRequest::first(10)).await.unwrap().items.len(), 1);
}

pub async fn keys_of_other_scopes_do_not_meet(s: Subject) {
    assert!(matches!(register(&s, "acme", "client-a POST k", 1).await, Registered::New(_)));
    assert!(matches!(register(&s, "other", "client-b POST k", 2).await, Registered::New(_)));
}

pub async fn a_key_is_forgotten_after_its_life(s: Subject) {
    register(&s, "acme", "k", 1).await;
    s.time.pass(KEY_LIFETIME.saturating_sub(Duration::from_secs(60))).await;
    assert!(matches!(register(&s, "acme", "k", 1).await, Registered::Replayed(_)));
    s.time.pass(Duration::from_secs(61)).await;
    assert!(matches!(register(&s, "other", "k", 2).await, Registered::New(_)));
    assert!(matches!(register(&s, "other", "k", 2).await, Registered::Replayed(_)));
}

pub async fn a_refusal_uses_no_key_up(s: Subject) {
    s.new_tenant("acme", Placement::Pooled).await;
    assert_eq!(register(&s, "acme", "k", 1).await, Registered::NameTaken);
    assert_eq!(register(&s, "acme", "k", 1).await, Registered::NameTaken);
    assert!(matches!(register(&s, "other", "k", 2).await, Registered::New(_)));
}

pub async fn a_key_of_begin_is_answered_once(s: Subject) {
    let record = s.new_tenant("acme", Placement::External).await;
    let budget = record.placement.default_budget();
    let begin =
        |request| s.store.begin(&record.registration_id, Begin::Offboard, budget, None, Some(key("retry k", request)));
    assert!(matches!(begin(1).await.unwrap(), BeginOutcome::Begun(_)));
    let BeginOutcome::Replayed(answer) = begin(1).await.unwrap() else { panic!("not replayed") };
    assert_eq!(answer.body, record.tenant_id.to_string().into_bytes());
    assert_eq!(begin(2).await.unwrap(), BeginOutcome::KeyReused);
    assert_eq!(s.event_names(&record).await.iter().filter(|n| n.contains("offboardingRequest")).count(), 1);
}
