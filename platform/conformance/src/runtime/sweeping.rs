use std::collections::BTreeSet;
use std::time::Duration;

use super::RuntimeSubject;

pub async fn what_no_inventory_names_can_be_discarded(s: RuntimeSubject) {
    s.build_all().await;
    // A sweep knows no needs: what cannot go yet says so and is tried again.
    for _ in 0..500 {
        let things = s.tagged(50).await;
        if things.is_empty() {
            return;
        }
        for thing in &things {
            if let Err(error) = s.runtime.discard(thing).await {
                assert!(error.retryable(), "{thing:?} will stay for ever: {error}");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still there: {:?}", s.tagged(50).await);
}

pub async fn pages_of_what_is_owned_are_complete(s: RuntimeSubject) {
    let made = s.build_all().await;
    let natives = |things: Vec<tenantry_ports::runtime::Tagged>| {
        things.into_iter().map(|t| (t.owner, t.resource, t.kind, t.native)).collect::<Vec<_>>()
    };
    let whole = natives(s.tagged(1_000).await);
    for limit in [1, 2, 5] {
        let pages = natives(s.tagged(limit).await);
        assert_eq!(pages.len(), whole.len(), "limit {limit}");
        assert_eq!(pages.iter().collect::<BTreeSet<_>>(), whole.iter().collect::<BTreeSet<_>>());
    }
    s.clear(&made).await;
}
