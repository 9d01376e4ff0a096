//! One bucket and those who wait at it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry_aws::limits::{Family, Limits, Share};
use tenantry_ports::runtime::Step;
use tokio::time::Instant;

use crate::account::Account;

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn who_waits_goes_in_the_order_of_coming() {
    let limits = Limits::with_patience(Share::WHOLE, LONG);
    let went = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for n in 0..60 {
        let (limits, went) = (limits.clone(), Arc::clone(&went));
        waiting.push(tokio::spawn(async move {
            limits.take(Family::EcsClusters).await.unwrap();
            went.lock().unwrap().push(n);
        }));
        tokio::task::yield_now().await;
    }
    for one in waiting {
        one.await.unwrap();
    }
    assert_eq!(*went.lock().unwrap(), (0..60).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_too_long_is_told_when_to_come_back() {
    let limits = Limits::default();
    let start = Instant::now();
    for _ in 0..Family::EcsClusters.rate().burst {
        limits.take_within(Family::EcsClusters, Duration::ZERO).await.unwrap();
    }
    let busy = limits.take_within(Family::EcsClusters, Duration::ZERO).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(busy.to_string().contains("ECS cluster changes"), "{busy}");
    let Step::Pending { after, .. } = busy.pending::<()>() else { panic!("a busy answer is no answer") };
    // Other families have their own buckets.
    limits.take_within(Family::EcsServices, Duration::ZERO).await.unwrap();
    tokio::time::sleep(after).await;
    limits.take_within(Family::EcsClusters, Duration::ZERO).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn after_aws_says_too_much_nobody_calls_for_a_moment() {
    let limits = Limits::with_patience(Share::WHOLE, LONG);
    limits.throttled(Family::EcsTaskDefinitions);
    let start = Instant::now();
    limits.take(Family::EcsTaskDefinitions).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn processes_that_share_an_account_stay_within_it_together() {
    let account = Arc::new(Account::new());
    let mut calling = Vec::new();
    for _ in 0..2 {
        let limits = Limits::with_patience(Share::one_of(NonZeroU32::new(2).unwrap()), LONG);
        for _ in 0..100 {
            let (limits, account) = (limits.clone(), Arc::clone(&account));
            calling.push(tokio::spawn(async move {
                limits.take(Family::EcsServices).await.unwrap();
                account.call(Family::EcsServices);
            }));
        }
    }
    for one in calling {
        one.await.unwrap();
    }
    account.hold_against_what_aws_allows();
    assert_eq!(account.calls(Family::EcsServices).len(), 200);
}
