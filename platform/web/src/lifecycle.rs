//! A process's end in two steps: stop taking work, then give what is in flight until a deadline.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by all parts of a process; clones are the same lifecycle.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    ready: watch::Sender<bool>,
    streams: CancellationToken,
    stop: CancellationToken,
    abort: CancellationToken,
    failed: CancellationToken,
    tracker: TaskTracker,
    deadline: Duration,
}

/// Whether everything in flight came to its end in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    InTime,
    /// The deadline passed; so many tasks were cut off.
    Cut(usize),
}

impl Lifecycle {
    /// Not ready yet. What is in flight gets `deadline` to finish once the end has begun.
    pub fn new(deadline: Duration) -> Self {
        Self {
            ready: watch::Sender::new(false),
            streams: CancellationToken::new(),
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
            failed: CancellationToken::new(),
            tracker: TaskTracker::new(),
            deadline,
        }
    }

    pub fn set_ready(&self) {
        if !self.stop.is_cancelled() {
            self.ready.send_replace(true);
        }
    }

    /// For `/readyz`.
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// Cancelled when no new work is to be taken.
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Cancelled first: answers that have no end of their own, such as SSE streams, end here.
    pub fn streams(&self) -> CancellationToken {
        self.streams.clone()
    }

    /// Cancelled when the deadline has passed: what is still there is dropped.
    pub fn aborted(&self) -> CancellationToken {
        self.abort.clone()
    }

    /// A part that should run for as long as the process has ended: without it the process is no use.
    pub fn fail(&self) {
        self.failed.cancel();
    }

    /// Cancelled when such a part has ended; whoever waits for a request to stop waits for this too.
    pub fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }

    /// Tasks to wait for.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The first step: readiness off, endless streams closed, nothing new taken.
    pub fn begin_shutdown(&self) {
        self.ready.send_replace(false);
        self.streams.cancel();
        self.stop.cancel();
        self.tracker.close();
    }

    /// Both steps. Returns when all tracked tasks have ended, or have been told to at the deadline.
    pub async fn shutdown(&self) -> Drained {
        self.begin_shutdown();
        if tokio::time::timeout(self.deadline, self.tracker.wait()).await.is_ok() {
            return Drained::InTime;
        }
        let left = self.tracker.len();
        tracing::warn!(left, "the deadline has passed; what is in flight is cut off");
        self.abort.cancel();
        Drained::Cut(left)
    }
}
