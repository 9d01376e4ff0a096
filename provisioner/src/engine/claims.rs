//! The claim loop: takes owners that are due, many at a time, and gives each a pass of its own.

use std::sync::Arc;
use std::time::Duration;

use tenantry_contract::time::Timestamp;
use tenantry_ports::work::Claim;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::error;

use crate::core::{Core, chain};
use crate::meters;
use crate::pass::Pass;

/// Passes end one by one; this much later the next claim takes what they left due, together.
const GATHER: Duration = Duration::from_millis(5);
/// Owners that are due and that somebody holds: no need to ask in a hurry.
const HELD: Duration = Duration::from_millis(100);

pub(super) struct Claims {
    core: Arc<Core>,
    rung: Arc<Notify>,
    passes: JoinSet<Option<Timestamp>>,
    /// When to claim next.
    wake: Timestamp,
    /// The last claim left owners unclaimed that are due.
    more: bool,
}

impl Claims {
    pub fn new(core: Arc<Core>, rung: Arc<Notify>) -> Self {
        let wake = core.now();
        Self { core, rung, passes: JoinSet::new(), wake, more: false }
    }

    pub async fn run(mut self) {
        let stop = self.core.stop.clone();
        while !stop.is_cancelled() {
            if self.due() {
                self.claim().await;
                continue;
            }
            let rest = self.wake.since(self.core.now());
            // With too little room there is nothing to wake up for but a pass that ends.
            let room = self.has_room();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = self.passes.join_next() => self.ended(ended),
                () = self.rung.notified() => self.by(self.core.now()),
                () = tokio::time::sleep(rest), if room => {}
            }
            while let Some(ended) = self.passes.try_join_next() {
                self.ended(ended);
            }
        }
        // What is in flight is finished and recorded.
        while self.passes.join_next().await.is_some() {}
        meters::in_hand(0);
    }

    fn room(&self) -> usize {
        self.core.config.owners_at_once.saturating_sub(self.passes.len())
    }

    /// A claim for a few is as much work as one for many: under load it waits for room.
    fn has_room(&self) -> bool {
        let enough = if self.more { (self.core.config.owners_at_once / 4).max(1) } else { 1 };
        self.room() >= enough
    }

    fn due(&self) -> bool {
        let rest = self.wake.since(self.core.now());
        // A rest beyond the poll is of a clock that was set back since.
        self.has_room() && (rest.is_zero() || rest > self.core.config.poll)
    }

    fn by(&mut self, at: Timestamp) {
        self.wake = self.wake.min(at);
    }

    fn ended(&mut self, ended: Result<Option<Timestamp>, tokio::task::JoinError>) {
        match ended {
            Ok(next) => {
                // It may have been rung for while it was held.
                let gathered = self.core.now().plus(GATHER);
                self.by(next.map_or(gathered, |next| next.max(self.core.now())).min(gathered));
            }
            // Its lease will pass; the owner is looked at again then.
            Err(e) => error!(error = %e, "a pass ended badly"),
        }
        meters::in_hand(self.passes.len());
    }

    async fn claim(&mut self) {
        let core = &self.core;
        let wanted = self.room().min(core.config.claim_batch);
        let now = core.now();
        match core.work.claim(&core.worker, now, now.plus(core.config.lease), wanted).await {
            Ok(claims) => {
                self.more = claims.len() >= wanted;
                self.begin(claims);
                self.wake = if self.more { now } else { self.next(now).await };
            }
            Err(e) => {
                error!(error = chain(&e), "nothing could be claimed");
                self.wake = now.plus(core.config.poll);
            }
        }
    }

    fn begin(&mut self, claims: Vec<Claim>) {
        for claim in claims {
            let pass = Pass::new(self.core.clone(), claim);
            self.passes.spawn(pass.run());
        }
        meters::in_hand(self.passes.len());
    }

    /// When somebody is due next, as far as the store knows; others may ring meanwhile.
    async fn next(&self, now: Timestamp) -> Timestamp {
        let poll = now.plus(self.core.config.poll);
        match self.core.work.next_due().await {
            Ok(Some(due)) => {
                meters::lag(now.since(due));
                let due = if due <= now { now.plus(HELD) } else { due };
                due.min(poll)
            }
            Ok(None) => {
                meters::lag(Duration::ZERO);
                poll
            }
            Err(e) => {
                error!(error = chain(&e), "who is due next is unknown");
                poll
            }
        }
    }
}
