//! The decorators do what a plan says, and the same again with the same seed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_conformance::fault::{Fault, FaultyInbox, FaultyRuntime, Plan};
use tenantry_conformance::make::present;
use tenantry_contract::resource::{Entry, Outputs, Owner, Resource};
use tenantry_contract::want::Desired;
use tenantry_ports::bus::{BusError, Consumer, DeadLetter, Delivery, Inbox, Receipt};
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::runtime::{Condition, Inputs, Runtime, RuntimeError, Step, Tagged};
use tokio::time::{Instant, timeout};

/// Counts what really happened.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl Runtime for Counting {
    fn lower(&self, _: &Desired) -> Result<Vec<Resource>, RuntimeError> {
        Ok(Vec::new())
    }
    async fn ensure(
        &self,
        _: &Owner,
        _: &Resource,
        _: Option<&Entry>,
        _: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Step::Ready(Outputs::new()))
    }
    async fn inspect(&self, _: &Owner, _: &Entry) -> Result<Condition, RuntimeError> {
        Ok(Condition::Sound)
    }
    async fn remove(&self, _: &Owner, _: &Entry) -> Result<Step<()>, RuntimeError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Step::Ready(()))
    }
    fn holds_data(&self, _: &str) -> bool {
        false
    }
    async fn owned(&self, _: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        Ok(Page { items: Vec::new(), next: None })
    }
    async fn discard(&self, _: &Tagged) -> Result<Step<()>, RuntimeError> {
        Ok(Step::Ready(()))
    }
}

fn faulty(plan: &Plan) -> (Arc<Counting>, FaultyRuntime) {
    let inner = Arc::new(Counting::default());
    (inner.clone(), FaultyRuntime::new(inner, plan.clone()))
}

async fn remove(runtime: &FaultyRuntime, name: &str) -> Result<Step<()>, RuntimeError> {
    runtime.remove(&Owner::Stage, &present("service", name)).await
}

#[tokio::test]
async fn each_fault_does_and_says_what_it_should() {
    for (fault, happened, retryable) in [
        (Fault::Before, 0, Some(true)),
        (Fault::After, 1, Some(true)),
        (Fault::Refuse, 0, Some(false)),
        (Fault::Twice, 2, None),
    ] {
        let plan = Plan::seeded(1).nth("runtime.remove", 0, fault);
        let (inner, runtime) = faulty(&plan);
        let answer = remove(&runtime, "orders").await;
        assert_eq!(inner.0.load(Ordering::SeqCst), happened, "{fault:?}");
        assert_eq!(answer.err().map(|e| e.retryable()), retryable, "{fault:?}");
        assert!(remove(&runtime, "orders").await.is_ok(), "only the first was to fail");
        assert_eq!(plan.calls(), ["runtime.remove service/orders stage"; 2]);
    }
}

#[tokio::test]
async fn a_rule_matches_the_calls_it_names() {
    let plan = Plan::seeded(1).from("runtime.remove service/orders", 1, Fault::Before);
    let (_, runtime) = faulty(&plan);
    let mut failed = Vec::new();
    for name in ["orders", "users", "orders", "users", "orders"] {
        failed.push(remove(&runtime, name).await.is_err());
    }
    assert_eq!(failed, [false, false, true, false, true]);
    plan.heal();
    assert!(remove(&runtime, "orders").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_in_tokios_time() {
    let plan = Plan::seeded(1).always("", Fault::Delay(Duration::from_secs(60)));
    let (_, runtime) = faulty(&plan);
    let start = Instant::now();
    assert!(remove(&runtime, "orders").await.is_ok());
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn the_dead_make_no_calls() {
    for (fault, happened) in [(Fault::CrashBefore, 0), (Fault::CrashAfter, 1)] {
        let plan = Plan::seeded(1).nth("", 0, fault);
        let (inner, runtime) = faulty(&plan);
        let runtime = Arc::new(runtime);
        let dying = tokio::spawn({
            let runtime = runtime.clone();
            async move { remove(&runtime, "orders").await }
        });
        plan.crashed().await;
        assert!(plan.has_crashed());
        let late = timeout(Duration::from_secs(3600), remove(&runtime, "users")).await;
        assert!(late.is_err() && !dying.is_finished());
        assert_eq!(inner.0.load(Ordering::SeqCst), happened, "{fault:?}");
        dying.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn the_suspended_go_on_when_resumed() {
    for (fault, before) in [(Fault::SuspendBefore, 0), (Fault::SuspendAfter, 1)] {
        let plan = Plan::seeded(1).nth("", 0, fault);
        let (inner, runtime) = faulty(&plan);
        let standing = tokio::spawn(async move { remove(&runtime, "orders").await.is_ok() });
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(inner.0.load(Ordering::SeqCst), before, "{fault:?}");
        assert!(!standing.is_finished());
        plan.resume();
        assert!(standing.await.expect("it goes on"));
        assert_eq!(inner.0.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run() {
    let mut runs = BTreeSet::new();
    for seed in [7, 7, 8] {
        let (inner, runtime) = faulty(&Plan::seeded(seed).sometimes("", 300));
        let mut run = String::new();
        for _ in 0..200 {
            run.push(if remove(&runtime, "orders").await.is_ok() { '.' } else { 'x' });
        }
        assert!((20..100).contains(&run.matches('x').count()), "{run}");
        runs.insert((run, inner.0.load(Ordering::SeqCst)));
    }
    assert_eq!(runs.len(), 2);
}

/// Ten messages, all at once.
struct Ten;

#[async_trait]
impl Inbox for Ten {
    async fn receive(&self, _: usize, _: Duration, _: Duration) -> Result<Vec<Delivery>, BusError> {
        Ok((0..10).map(|n| Delivery { receipt: Receipt(n.to_string()), body: vec![n], receives: 1 }).collect())
    }
    async fn ack(&self, _: Vec<Receipt>) -> Result<(), BusError> {
        Ok(())
    }
    async fn retry_after(&self, _: Receipt, _: Duration) -> Result<(), BusError> {
        Ok(())
    }
    async fn reject(&self, _: Receipt, _: &str) -> Result<(), BusError> {
        Ok(())
    }
    async fn dead_letters(&self, _: usize) -> Result<Vec<DeadLetter>, BusError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn messages_come_shuffled_and_again() {
    let plan = Plan::seeded(3).nth("inbox.receive control-plane", 0, Fault::Twice);
    let inbox = FaultyInbox::new(Arc::new(Ten), Consumer::ControlPlane, plan.clone());
    let receive = async || inbox.receive(10, Duration::ZERO, Duration::ZERO).await.expect("nothing fails");
    let (first, again, other) = (receive().await, receive().await, receive().await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let mut bodies: Vec<u8> = first.iter().map(|d| d.body[0]).collect();
    assert_ne!(bodies, (0..10).collect::<Vec<u8>>());
    bodies.sort_unstable();
    assert_eq!(bodies, (0..10).collect::<Vec<u8>>());
    assert_eq!(plan.calls().len(), 2, "a copy is no call");
}
