//! Writing what a pass did: as few writes as possible, each of them under the claim's fence.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Verdict;
use tenantry_contract::operation::{Failure, Step};
use tenantry_contract::resource::{Entry, Outputs, Owner, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::error::Retry;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Done, Held, Release};
use tracing::warn;

use super::{Pass, Quit};
use crate::core::chain;

/// What is known here and not in the store.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub entries: BTreeSet<ResourceId>,
    pub gone: BTreeSet<ResourceId>,
    pub steps: BTreeMap<(ResourceId, bool), Step>,
}

impl Dirty {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.gone.is_empty() && self.steps.is_empty()
    }
}

impl Pass {
    pub(super) fn set(&mut self, entry: Entry) {
        let id = entry.resource.id.clone();
        self.dirty.gone.remove(&id);
        self.dirty.entries.insert(id.clone());
        self.inventory.insert(id, entry);
    }

    pub(super) fn strike(&mut self, id: &ResourceId) {
        self.inventory.remove(id);
        self.dirty.entries.remove(id);
        self.dirty.gone.insert(id.clone());
    }

    /// Those that were built on what a thing used to tell are to be brought up to date. It is kept in their
    /// lines, so that a crash does not forget it.
    pub(super) fn outdate_dependents(&mut self, id: &ResourceId, before: Option<&Outputs>, after: &Outputs) {
        if before.is_none_or(|before| before == after) {
            return;
        }
        let needs = |e: &&mut Entry| {
            e.resource.needs.iter().any(|n| matches!(n, tenantry_contract::resource::Need::Own(o) if o == id))
        };
        for entry in self.inventory.values_mut().filter(needs).filter(|e| e.is_present()) {
            entry.resource.spec_hash.clear();
            self.dirty.entries.insert(entry.resource.id.clone());
        }
    }

    /// Writes what there is to write.
    pub(super) async fn write(&mut self) -> Result<(), Quit> {
        if self.dirty.is_empty() {
            return Ok(());
        }
        let done = self.drain(true);
        self.record(done).await
    }

    /// Lets go, in the same write as what there is to write.
    pub(super) async fn let_go(&mut self, next: Option<Timestamp>) -> Result<Option<Timestamp>, Quit> {
        let next = earlier(next, self.look_by);
        if self.dirty.is_empty() {
            let held = self.insist(|pass| pass.core.work.release(&pass.hold, next)).await?;
            self.hear(held)?;
        } else {
            let done = Done { release: Some(Release { next }), ..self.drain(true) };
            self.record(done).await?;
        }
        Ok(next)
    }

    /// Gives the operation up: what it made is removed from the next claim on.
    pub(super) async fn turn(&mut self, failure: Failure) -> Result<Option<Timestamp>, Quit> {
        let now = self.core.now();
        let release = Some(Release { next: Some(now) });
        let done = Done { turn: Some(failure), release, ..self.drain(true) };
        self.record(done).await?;
        Ok(Some(now))
    }

    /// Reports the operation's end and lets go.
    pub(super) async fn report(&mut self, verdict: (Verdict, Attributes), next: Timestamp) -> Result<(), Quit> {
        // A pooled tenant's steps take milliseconds: its end says it all.
        let announce = self.record.as_ref().is_some_and(|r| r.placement != Placement::Pooled);
        let release = Some(Release { next: Some(next) });
        let done = Done { verdict: Some(verdict), release, ..self.drain(announce) };
        self.record(done).await
    }

    /// Records, while steps are under way, what has ended meanwhile.
    pub(super) async fn keep_up(&mut self) -> Result<(), Quit> {
        if self.core.now().since(self.heard) >= self.core.config.flush {
            self.write().await?;
        }
        Ok(())
    }

    /// A runtime call is made only with lease time to spare, and with a desired state that is not long known.
    pub(super) async fn spare(&mut self) -> Result<(), Quit> {
        if self.core.now().since(self.heard) >= self.core.config.flush {
            self.write().await?;
        }
        let old = self.core.now().since(self.heard) >= self.core.config.flush;
        self.renew_if(if old { self.core.config.lease } else { self.core.config.spare }).await
    }

    /// Renews when less than `spare` is left. An answer that took so long that the claim may be over again says nothing:
    /// it is asked once more, and then whoever claims next goes on.
    pub(super) async fn renew_if(&mut self, spare: Duration) -> Result<(), Quit> {
        let mut enough = spare;
        for _ in 0..2 {
            if self.until.since(self.core.now()) >= enough {
                return Ok(());
            }
            enough = self.core.config.spare;
            let until = self.core.now().plus(self.core.config.lease);
            let held = self.insist(|pass| pass.core.work.renew(&pass.hold, until)).await?;
            self.until = until;
            self.hear(held)?;
        }
        if self.until.since(self.core.now()) < enough { Err(Quit::Lost) } else { Ok(()) }
    }

    fn drain(&mut self, announce: bool) -> Done {
        let dirty = std::mem::take(&mut self.dirty);
        let entries = dirty.entries.iter().filter_map(|id| self.inventory.get(id).cloned()).collect();
        let steps: Vec<Step> = dirty.steps.into_values().collect();
        Done {
            entries,
            gone: dirty.gone.into_iter().collect(),
            announce: announce && !steps.is_empty(),
            steps,
            ..Done::default()
        }
    }

    async fn record(&mut self, done: Done) -> Result<(), Quit> {
        if self.hold.owner == Owner::Stage {
            self.core.stage.forget();
        }
        let held = self.insist(|pass| pass.core.work.record(&pass.hold, done.clone())).await?;
        if self.hold.owner == Owner::Stage {
            self.core.stage.forget();
        }
        self.hear(held)?;
        for entry in done.entries.iter().filter(|entry| entry.is_present()) {
            self.begun.remove(&entry.resource.id);
        }
        Ok(())
    }

    fn hear(&mut self, held: Held) -> Result<(), Quit> {
        match held {
            Held::Still { generation } => {
                self.newest = self.newest.max(generation);
                self.heard = self.core.now();
                Ok(())
            }
            Held::Lost => Err(Quit::Lost),
        }
    }

    /// Tries a write again while the claim lasts. Every one of them may be done twice. A store that does not answer does
    /// not hold the pass for ever.
    async fn insist<'a, F>(&'a self, mut write: impl FnMut(&'a Self) -> F) -> Result<Held, StoreError>
    where
        F: Future<Output = Result<Held, StoreError>>,
    {
        let limit = self.core.config.call_limit;
        loop {
            let e = match tokio::time::timeout(limit, write(self)).await {
                Ok(Ok(held)) => return Ok(held),
                Ok(Err(e)) => e,
                Err(e) => StoreError::unknown(format!("no answer within {} s", limit.as_secs()), e),
            };
            let Retry::After(pause) = e.retryable() else { return Err(e) };
            if self.core.now().plus(pause) >= self.until {
                return Err(e);
            }
            warn!(error = chain(&e), "a write is tried again");
            tokio::time::sleep(pause).await;
        }
    }
}

pub(super) fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
