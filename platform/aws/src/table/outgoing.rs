//! Events on their way out: what this process has committed and its relay has not taken yet. The relay has them from
//! here without reading them again; what does not fit is found in the table, as what a dead process left is.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_contract::event::Event;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Pointer;

/// So many events are kept in memory at the most, and so many bytes of them.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// An event of a write.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub pointer: Pointer,
    pub event: Event,
    /// The length of its JSON.
    pub size: usize,
}

/// How much goes out together, and how long it is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub rows: usize,
    pub bytes: usize,
    /// An event that comes after a quiet time is not kept waiting for longer than this.
    pub alone: Duration,
    /// Nor any other for longer than this.
    pub together: Duration,
    /// What a quiet time is.
    pub quiet: Duration,
}

#[derive(Default)]
pub(crate) struct Outgoing {
    queue: Mutex<Queue>,
    rung: Notify,
}

#[derive(Default)]
struct Queue {
    /// How many relays take from here. Without one, nothing is kept.
    takers: usize,
    waiting: VecDeque<(Instant, Published)>,
    bytes: usize,
    last: Option<Instant>,
}

enum Next {
    Now(Vec<Published>),
    Not(Option<Instant>),
}

impl Outgoing {
    pub fn open(&self) {
        self.queue().takers += 1;
    }

    pub fn close(&self) {
        let mut queue = self.queue();
        queue.takers = queue.takers.saturating_sub(1);
        if queue.takers == 0 {
            *queue = Queue::default();
        }
    }

    /// To be called after the commit.
    pub fn push(&self, published: Vec<Published>) {
        let now = Instant::now();
        let mut queue = self.queue();
        if queue.takers == 0 || published.is_empty() {
            return;
        }
        for one in published {
            if queue.waiting.len() < MOST && queue.bytes + one.size <= MOST_BYTES {
                queue.bytes += one.size;
                queue.waiting.push_back((now, one));
            }
        }
        drop(queue);
        self.rung.notify_one();
    }

    pub fn waiting(&self) -> HashSet<Pointer> {
        self.queue().waiting.iter().map(|(_, one)| one.pointer.clone()).collect()
    }

    /// What goes out next, as soon as it is enough or has waited for long enough. Loses nothing if it is dropped.
    pub async fn next(&self, load: &Load) -> Vec<Published> {
        loop {
            let next = self.queue().next(load, Instant::now());
            match next {
                Next::Now(batch) => return batch,
                Next::Not(None) => self.rung.notified().await,
                Next::Not(Some(at)) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.rung.notified() => {}
                },
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn next(&mut self, load: &Load, now: Instant) -> Next {
        let Some((oldest, _)) = self.waiting.front() else { return Next::Not(None) };
        let busy = self.last.is_some_and(|last| *oldest < last + load.quiet);
        let until = *oldest + if busy { load.together } else { load.alone };
        if self.waiting.len() < load.rows && self.bytes < load.bytes && now < until {
            return Next::Not(Some(until));
        }
        let mut batch: Vec<Published> = Vec::with_capacity(load.rows.min(self.waiting.len()));
        let mut bytes = 0;
        while let Some((_, one)) = self.waiting.front() {
            if batch.len() == load.rows || (!batch.is_empty() && bytes + one.size > load.bytes) {
                break;
            }
            bytes += one.size;
            batch.extend(self.waiting.pop_front().map(|(_, one)| one));
        }
        self.bytes -= bytes;
        self.last = Some(now);
        Next::Now(batch)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenantry_conformance::make::foreign_event;
    use tenantry_contract::event::EventName;

    use super::*;

    const LOAD: Load = Load {
        rows: 3,
        bytes: 100,
        alone: Duration::from_millis(5),
        together: Duration::from_millis(50),
        quiet: Duration::from_secs(1),
    };

    fn one(size: usize) -> Published {
        let event = foreign_event(EventName::IngestUsage, "e1", &json!({}));
        Published { pointer: Pointer { shard: 0, sk: "1#e1".into() }, event, size }
    }

    fn made(sizes: &[usize]) -> Vec<Published> {
        sizes.iter().copied().map(one).collect()
    }

    async fn next(outgoing: &Outgoing) -> (Vec<usize>, u128) {
        let start = Instant::now();
        let sizes = outgoing.next(&LOAD).await.iter().map(|one| one.size).collect();
        (sizes, start.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_alone_goes_soon_and_who_comes_in_a_crowd_goes_with_it() {
        let outgoing = Outgoing::default();
        outgoing.open();
        outgoing.push(made(&[1]));
        assert_eq!(next(&outgoing).await, (vec![1], 5));
        outgoing.push(made(&[2, 3]));
        assert_eq!(next(&outgoing).await, (vec![2, 3], 50), "shortly after another");
        outgoing.push(made(&[1, 2, 3, 4]));
        assert_eq!(next(&outgoing).await, (vec![1, 2, 3], 0), "it is enough");
        assert_eq!(next(&outgoing).await, (vec![4], 50));
        tokio::time::advance(Duration::from_secs(2)).await;
        outgoing.push(made(&[5]));
        assert_eq!(next(&outgoing).await, (vec![5], 5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_has_room_for_so_much_and_for_one_at_least() {
        let outgoing = Outgoing::default();
        outgoing.open();
        outgoing.push(made(&[60, 60, 500]));
        for expected in [60, 60, 500] {
            assert_eq!(outgoing.next(&LOAD).await[0].size, expected);
        }
        assert!(outgoing.waiting().is_empty() && outgoing.queue().bytes == 0);
    }

    #[tokio::test]
    async fn without_a_relay_nothing_is_kept_and_with_one_not_without_end() {
        let outgoing = Outgoing::default();
        outgoing.push(made(&[1]));
        assert!(outgoing.waiting().is_empty());
        outgoing.open();
        for _ in 0..MOST + 5 {
            outgoing.push(made(&[1]));
        }
        assert_eq!(outgoing.queue().waiting.len(), MOST);
        outgoing.close();
        assert!(outgoing.waiting().is_empty());
    }
}
