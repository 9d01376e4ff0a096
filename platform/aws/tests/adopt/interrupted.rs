//! Runs that end in the middle, and runs beside each other.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::deployment::{Deployment, adopt};
use crate::support::emulator::Emulator;
use crate::support::proxy::{Fault, Proxy};
use crate::support::subject::fresh_at;

const TENANTS: u32 = 12;

async fn deployment() -> Deployment {
    let deployment = Deployment::new(Emulator::ministack()).await;
    for n in 0..TENANTS {
        deployment.has(n, json!({}), json!({})).await;
    }
    deployment
}

/// Whatever it wrote before it was stopped is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_stopped_is_run_again() {
    let deployment = deployment().await;
    let proxy = Proxy::start(&deployment.emulator.url).await;
    let other = fresh_at(&deployment.emulator, &proxy.url).await;
    for adopted in 1..=4 {
        proxy.next("TransactWriteItems", [Fault::HeldAfter]);
        let database = other.database.clone();
        let run = tokio::spawn(async move { adopt(&database, false).await.map(drop) });
        until("the write is not held", || async { proxy.failed() == adopted as u64 }).await;
        run.abort();
        let seen = deployment.adopt(true).await;
        assert_eq!((seen.ours, seen.adopted.len()), (adopted, TENANTS as usize - adopted));
    }
    let rest = deployment.adopt(false).await;
    assert_eq!((rest.ours, rest.adopted.len(), rest.unfit.len()), (4, TENANTS as usize - 4, 0));
}

/// Between them each tenant is adopted once, and answers that get lost are no hindrance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_beside_each_other_share_the_work() {
    let deployment = deployment().await;
    let proxy = Proxy::start(&deployment.emulator.url).await;
    proxy.fail(300, 7);
    let (one, other) =
        (fresh_at(&deployment.emulator, &proxy.url).await, fresh_at(&deployment.emulator, &proxy.url).await);
    let (one, other) = tokio::join!(adopt(&one.database, false), adopt(&other.database, false));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(proxy.failed() > 0);
    assert!(one.unfit.is_empty() && other.unfit.is_empty(), "{one:?} {other:?}");
    assert_eq!(one.adopted.len() + other.adopted.len(), TENANTS as usize, "{one:?} {other:?}");
    assert!(one.adopted.keys().all(|id| !other.adopted.contains_key(id)));
    let after = deployment.adopt(true).await;
    assert_eq!((after.ours, after.adopted.len(), after.unfit.len()), (TENANTS as usize, 0, 0));
}

async fn until<F: Future<Output = bool>>(otherwise: &str, done: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done().await {
        assert!(Instant::now() < deadline, "{otherwise}");
        sleep(Duration::from_millis(20)).await;
    }
}
