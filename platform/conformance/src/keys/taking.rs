use std::time::Duration;

use tenantry_contract::catalogue::Placement;
use tenantry_ports::keys::{KEY_LIFETIME, Key, StoredAnswer, Taken};
use tenantry_ports::store::Registered;

use crate::make::{key, new_tenant, together};
use crate::subject::Subject;

fn named(scope: &str, request: u8) -> Key {
    key(scope, request).key
}

fn answer(text: &str) -> StoredAnswer {
    StoredAnswer { status: 201, body: text.as_bytes().to_vec() }
}

pub async fn a_key_is_new_once(s: Subject) {
    assert_eq!(s.keys.take(&named("k", 1)).await.unwrap(), Taken::New);
    assert_eq!(s.keys.take(&named("k", 1)).await.unwrap(), Taken::Unanswered);
    assert_eq!(s.keys.take(&named("other", 2)).await.unwrap(), Taken::New);
}

pub async fn an_answer_is_replayed(s: Subject) {
    s.keys.take(&named("k", 1)).await.unwrap();
    s.keys.answer(&named("k", 1), answer("first")).await.unwrap();
    assert_eq!(s.keys.take(&named("k", 1)).await.unwrap(), Taken::Replayed(answer("first")));
    assert_eq!(s.keys.take(&named("k", 1)).await.unwrap(), Taken::Replayed(answer("first")));
}

pub async fn another_request_reuses_a_key(s: Subject) {
    s.keys.take(&named("k", 1)).await.unwrap();
    assert_eq!(s.keys.take(&named("k", 2)).await.unwrap(), Taken::Reused);
    s.keys.answer(&named("k", 1), answer("first")).await.unwrap();
    assert_eq!(s.keys.take(&named("k", 2)).await.unwrap(), Taken::Reused);
}

pub async fn of_many_takers_one_is_first(s: Subject) {
    let taken = together(12, |_| {
        let keys = s.keys.clone();
        async move { keys.take(&named("k", 1)).await.unwrap() }
    })
    .await;
    assert_eq!(taken.iter().filter(|t| **t == Taken::New).count(), 1);
    assert_eq!(taken.iter().filter(|t| **t == Taken::Unanswered).count(), 11);
}

pub async fn keys_live_a_day(s: Subject) {
    s.keys.take(&named("k", 1)).await.unwrap();
    s.keys.answer(&named("k", 1), answer("first")).await.unwrap();
    s.time.pass(KEY_LIFETIME.saturating_sub(Duration::from_secs(60))).await;
    assert_eq!(s.keys.take(&named("k", 1)).await.unwrap(), Taken::Replayed(answer("first")));
    s.time.pass(Duration::from_secs(61)).await;
    assert_eq!(s.keys.take(&named("k", 2)).await.unwrap(), Taken::New);
    assert_eq!(s.keys.take(&named("k", 2)).await.unwrap(), Taken::Unanswered, "the old answer is forgotten");
}

pub async fn keys_of_stores_writes_are_the_same_keys(s: Subject) {
    let new = new_tenant("acme", Placement::Pooled);
    let Registered::New(record) = s.store.register(new.clone(), Some(key("k", 1))).await.unwrap() else {
        panic!("not registered")
    };
    let kept = StoredAnswer { status: 201, body: record.tenant_id.to_string().into() };
    assert_eq!(s.keys.take(&named("k", 1)).await.unwrap(), Taken::Replayed(kept));
    assert_eq!(s.keys.take(&named("k", 2)).await.unwrap(), Taken::Reused);
}
