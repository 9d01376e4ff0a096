//! Many who ask for the status of one thing each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_aws::limits::{Batch, PollError, Poller};
use tokio::time::Instant;

/// The cluster and the names of each.
type Calls = Arc<Mutex<Vec<(String, Vec<String>)>>>;

#[derive(Default)]
struct Services {
    calls: Calls,
}

#[async_trait]
impl Batch for Services {
    type Group = String;
    type Key = String;
    type Answer = String;
    type Error = String;
    const MOST: usize = 10;

    async fn ask(&self, cluster: &String, names: Vec<String>) -> Result<HashMap<String, String>, String> {
        self.calls.lock().unwrap().push((cluster.clone(), names.clone()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        match cluster.as_str() {
            "broken" => Err("no".to_owned()),
            "panics" => panic!("for a test"),
            _ => {
                Ok(names.into_iter().filter(|n| n != "absent").map(|n| (n.clone(), format!("{cluster}/{n}"))).collect())
            }
        }
    }
}

const WINDOW: Duration = Duration::from_millis(100);

fn poller() -> (Poller<Services>, Calls) {
    let services = Services::default();
    let calls = Arc::clone(&services.calls);
    (Poller::new(services, WINDOW), calls)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_asked_for_ten_names_at_a_time() {
    let (poller, calls) = poller();
    let asks: Vec<_> = (0..50)
        .map(|n| {
            let poller = poller.clone();
            let (cluster, name) = (format!("c{}", n % 2), format!("s{n}"));
            tokio::spawn(async move {
                let answer = poller.ask(cluster.clone(), name.clone()).await.unwrap();
                assert_eq!(answer, Some(format!("{cluster}/{name}")));
            })
        })
        .collect();
    for ask in asks {
        ask.await.unwrap();
    }
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 6);
    assert!(calls.iter().all(|(_, names)| names.len() <= 10));
}

#[tokio::test(start_paused = true)]
async fn a_name_many_ask_for_is_asked_for_once_and_nobody_waits_longer_than_the_window() {
    let (poller, calls) = poller();
    let start = Instant::now();
    let asks = (0..20).map(|_| poller.ask("c".to_owned(), "s".to_owned()));
    for answer in futures::future::join_all(asks).await {
        assert_eq!(answer.unwrap().as_deref(), Some("c/s"));
    }
    assert!(start.elapsed() < WINDOW + Duration::from_millis(50), "{:?}", start.elapsed());
    assert_eq!(calls.lock().unwrap().len(), 1);
    // What is asked later is asked afresh.
    assert_eq!(poller.ask("c".to_owned(), "absent".to_owned()).await.unwrap(), None);
    assert_eq!(calls.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_everybodys_and_the_next_one_is_asked_again() {
    let (poller, calls) = poller();
    for _ in 0..2 {
        let asks = (0..3).map(|n| poller.ask("broken".to_owned(), format!("s{n}")));
        for answer in futures::future::join_all(asks).await {
            assert!(matches!(answer, Err(PollError::Failed(why)) if *why == "no"));
        }
    }
    assert_eq!(calls.lock().unwrap().len(), 2);
    assert!(matches!(poller.ask("panics".to_owned(), "s".to_owned()).await, Err(PollError::Lost)));
}
