use tenantry_ports::usage::Counted;

use crate::make::{tenant_id, together};
use crate::subject::Subject;

const DAY: &str = "2046-01-19";

pub async fn each_request_counts(s: Subject) {
    let acme = tenant_id("acme");
    assert_eq!(s.usage.used(&acme, DAY).await.unwrap(), 0);
    for used in 1..=3 {
        assert_eq!(s.usage.take(&acme, DAY, 100).await.unwrap(), Counted::Within { used });
        assert_eq!(s.usage.used(&acme, DAY).await.unwrap(), used);
    }
}

pub async fn a_limit_is_exact(s: Subject) {
    let acme = tenant_id("acme");
    for used in 1..=5 {
        assert_eq!(s.usage.take(&acme, DAY, 5).await.unwrap(), Counted::Within { used });
    }
    for _ in 0..3 {
        assert_eq!(s.usage.take(&acme, DAY, 5).await.unwrap(), Counted::Over);
    }
    assert_eq!(s.usage.used(&acme, DAY).await.unwrap(), 5, "what is over is not counted");
    assert_eq!(s.usage.take(&tenant_id("none"), DAY, 0).await.unwrap(), Counted::Over);
}

pub async fn a_limit_is_exact_for_many_at_once(s: Subject) {
    let counted = together(40, |_| {
        let usage = s.usage.clone();
        async move { usage.take(&tenant_id("acme"), DAY, 25).await.unwrap() }
    })
    .await;
    let mut used: Vec<u64> = counted
        .into_iter()
        .filter_map(|c| match c {
            Counted::Within { used } => Some(used),
            Counted::Over => None,
        })
        .collect();
    used.sort_unstable();
    assert_eq!(used, (1..=25).collect::<Vec<_>>());
    assert_eq!(s.usage.used(&tenant_id("acme"), DAY).await.unwrap(), 25);
}

pub async fn days_and_tenants_count_apart(s: Subject) {
    let (acme, other) = (tenant_id("acme"), tenant_id("other"));
    assert_eq!(s.usage.take(&acme, DAY, 1).await.unwrap(), Counted::Within { used: 1 });
    assert_eq!(s.usage.take(&acme, "2046-01-20", 1).await.unwrap(), Counted::Within { used: 1 });
    assert_eq!(s.usage.take(&other, DAY, 1).await.unwrap(), Counted::Within { used: 1 });
    assert_eq!(s.usage.take(&acme, DAY, 1).await.unwrap(), Counted::Over);
    assert_eq!(s.usage.used(&other, "2046-01-20").await.unwrap(), 0);
}

pub async fn a_limit_that_changes_holds_at_once(s: Subject) {
    let acme = tenant_id("acme");
    assert_eq!(s.usage.take(&acme, DAY, 1).await.unwrap(), Counted::Within { used: 1 });
    assert_eq!(s.usage.take(&acme, DAY, 2).await.unwrap(), Counted::Within { used: 2 });
    assert_eq!(s.usage.take(&acme, DAY, 1).await.unwrap(), Counted::Over);
    assert_eq!(s.usage.take(&acme, DAY, u64::MAX).await.unwrap(), Counted::Within { used: 3 });
}
