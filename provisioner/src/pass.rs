//! One claim of one owner, from claim to release: re-reads everything, takes what steps it can, records them and
//! lets go. It holds nothing while it waits: what is pending is looked at again later.

mod conclude;
mod kept;
mod needed;
mod notes;
mod removals;
mod start;
mod take;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, future::BoxFuture};
use tenantry_contract::operation::{Failure, Operation, OperationState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::{Entry, EntryState, Need, Outputs, Resource, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::runtime::{RuntimeError, Step};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Hold};
use tracing::{Instrument, debug, error, info, info_span, warn};

use self::write::Dirty;
use crate::backoff::Patience;
use crate::core::{Core, chain};
use crate::diff::{Act, Diff, Goal, Inventory, diff};
use crate::goal::Plans;

pub(crate) struct Pass {
    core: Arc<Core>,
    hold: Hold,
    until: Timestamp,
    /// The newest generation the store told us of, and when it last told.
    newest: u64,
    heard: Timestamp,
    record: Option<TenantRecord>,
    inventory: Inventory,
    stage: Arc<Inventory>,
    dirty: Dirty,
    patience: Patience,
    /// Found drifted, and not ensured since.
    unsound: BTreeSet<ResourceId>,
    /// What this pass began to make and has not recorded as made.
    begun: BTreeSet<ResourceId>,
    /// Ensured by this pass: no need to inspect it.
    ensured: BTreeSet<ResourceId>,
    /// Why the operation is to be given up.
    failure: Option<Failure>,
    /// Look again no later than this.
    look_by: Option<Timestamp>,
}

/// Why a pass ends before its end.
pub(crate) enum Quit {
    /// Somebody else holds the owner now: drop everything.
    Lost,
    Store(StoreError),
}

impl From<StoreError> for Quit {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

/// A step that came back.
struct Ended {
    act: Act,
    resource: Resource,
    began: Timestamp,
    result: Result<Step<Outputs>, RuntimeError>,
}

type Running = FuturesUnordered<BoxFuture<'static, Ended>>;

impl Pass {
    pub fn new(core: Arc<Core>, claim: Claim) -> Self {
        let Claim { hold, until, record, inventory } = claim;
        let patience = core.memory.take(&hold.owner, hold.generation);
        Self {
            newest: hold.generation,
            heard: core.now(),
            until,
            record,
            inventory: inventory.into_iter().map(|e| (e.resource.id.clone(), e)).collect(),
            stage: Arc::default(),
            dirty: Dirty::default(),
            patience,
            unsound: BTreeSet::new(),
            begun: BTreeSet::new(),
            ensured: BTreeSet::new(),
            failure: None,
            look_by: None,
            core,
            hold,
        }
    }

    /// Returns when the owner is due next, as far as this pass knows.
    pub async fn run(mut self) -> Option<Timestamp> {
        let span = info_span!("provisioner.owner.reconcile", owner = %self.hold.owner, fence = self.hold.fence);
        async move {
            let ended = self.reconcile().await;
            let now = self.core.now();
            self.core.memory.keep(&self.hold.owner, std::mem::take(&mut self.patience), now);
            match ended {
                Ok(next) => return next,
                Err(Quit::Lost) => {
                    info!("the claim has passed on; everything is dropped");
                    self.leave_unrecorded(true).await;
                }
                Err(Quit::Store(e)) => {
                    error!(error = chain(&e), "the pass was not recorded; it begins again later");
                    self.leave_unrecorded(false).await;
                }
            }
            // The owner is due again when the lease has passed.
            Some(self.until)
        }
        .instrument(span)
        .await
    }

    /// Remembers what was begun, for the next pass of this process. Who has the claim now may have found nothing of it
    /// yet; a call that is still under way somewhere is over when `spare` has passed.
    async fn leave_unrecorded(&mut self, ring: bool) {
        let begun = std::mem::take(&mut self.begun);
        let entries: Vec<Entry> = begun.iter().filter_map(|id| self.inventory.get(id).cloned()).collect();
        if entries.is_empty() {
            return;
        }
        self.core.removals.add_unrecorded(self.hold.owner.clone(), entries);
        let at = self.core.now().plus(self.core.config.spare);
        if ring && let Err(e) = self.core.work.ring(std::slice::from_ref(&self.hold.owner), at).await {
            warn!(error = chain(&e), "the owner of what was not recorded is rung for later");
        }
    }

    async fn reconcile(&mut self) -> Result<Option<Timestamp>, Quit> {
        if self.record.as_ref().is_some_and(Plans::is_external) {
            debug!("another application plane places this tenant");
            return self.let_go(None).await;
        }
        let goal = match self.core.plans.goal(&self.hold.owner, self.record.as_ref(), &*self.core.runtime) {
            Ok(goal) => self.widen(goal).await?,
            Err(e) => return self.no_goal(&e).await,
        };
        self.report_kept(&goal);
        self.announce_start();
        self.remove_pending(&goal).await?;
        loop {
            self.work(&goal).await?;
            if self.quits() {
                return self.let_go(Some(self.core.now())).await;
            }
            if let Some(failure) = self.failure.take() {
                return self.give_up(failure).await;
            }
            let diff = self.diff(&goal);
            if !diff.settled() {
                if self.stage_has_come(&diff).await? {
                    continue;
                }
                return self.wait(&diff).await;
            }
            if !self.look(&goal).await? {
                return self.conclude(&goal).await;
            }
        }
    }

    /// Adds to a goal what only the store knows.
    async fn widen(&mut self, mut goal: Goal) -> Result<Goal, Quit> {
        if self.hold.owner.tenant().is_some() {
            if goal.wanted.values().flat_map(|r| &r.needs).any(|need| matches!(need, Need::Stage(_))) {
                self.read_stage(self.core.config.stage_fresh).await?;
            }
        } else {
            self.keep_what_tenants_need(&mut goal).await?;
        }
        Ok(goal)
    }

    /// Takes steps until none can be taken now and none is under way.
    async fn work(&mut self, goal: &Goal) -> Result<(), Quit> {
        let mut running = Running::new();
        let mut busy = BTreeSet::new();
        loop {
            if !self.quits() && self.failure.is_none() {
                let diff = self.diff(goal);
                if self.mark(goal, &diff) {
                    // Written before anything is made or removed, so that a crash leaves a name to look for.
                    self.write().await?;
                    continue;
                }
                self.begin(goal, diff.ready, &mut running, &mut busy).await?;
            }
            if running.is_empty() {
                return Ok(());
            }
            // What is under way goes on only while the claim is ours, however long the store took to say so.
            self.renew_if(self.core.config.spare).await?;
            tokio::select! {
                biased;
                Some(ended) = running.next() => {
                    busy.remove(ended.act.id());
                    self.take(ended);
                    // Those that ended at the same time are recorded together.
                    while let Some(Some(ended)) = running.next().now_or_never() {
                        busy.remove(ended.act.id());
                        self.take(ended);
                    }
                }
                () = tokio::time::sleep(self.core.config.flush) => {}
            }
            if !running.is_empty() {
                self.keep_up().await?;
            }
        }
    }

    /// Begins what is ready, as long as there is room.
    async fn begin(
        &mut self,
        goal: &Goal,
        ready: Vec<Act>,
        running: &mut Running,
        busy: &mut BTreeSet<ResourceId>,
    ) -> Result<(), Quit> {
        let now = self.core.now();
        for act in ready {
            if running.len() >= self.core.config.steps_at_once {
                break;
            }
            if busy.contains(act.id()) || self.patience.tries.get(act.id()).is_some_and(|t| t.not_before > now) {
                continue;
            }
            self.spare().await?;
            if self.quits() {
                break;
            }
            if let Some(step) = self.start(goal, &act) {
                busy.insert(act.id().clone());
                running.push(step);
            }
        }
        Ok(())
    }

    fn diff(&self, goal: &Goal) -> Diff {
        let stage = |id: &ResourceId| self.stage.get(id).is_some_and(Entry::is_present);
        diff(goal, &self.inventory, stage, &self.unsound)
    }

    /// Notes intents and removals. True if there were any.
    fn mark(&mut self, goal: &Goal, diff: &Diff) -> bool {
        for id in &diff.intend {
            if let Some(resource) = goal.wanted.get(id) {
                self.set(Entry { resource: resource.clone(), state: EntryState::Intended });
            }
        }
        let mut changed = false;
        for act in &diff.ready {
            if let Act::Ensure(id) = act
                && let (Some(entry), Some(wanted)) = (self.inventory.get(id), goal.wanted.get(id))
                && let Some(entry) = announced(entry, wanted)
            {
                self.set(entry);
                changed = true;
            }
        }
        for id in &diff.strike {
            if let Some(entry) = self.inventory.get(id) {
                let outputs = entry.outputs().cloned().unwrap_or_default();
                self.set(Entry { resource: entry.resource.clone(), state: EntryState::Removing { outputs } });
            }
        }
        changed || !(diff.intend.is_empty() && diff.strike.is_empty())
    }

    /// No new step: we stop, or a newer desired state has come.
    fn quits(&self) -> bool {
        self.core.stop.is_cancelled() || self.newest > self.hold.generation
    }

    fn operation(&self) -> Option<&Operation> {
        self.record.as_ref().and_then(TenantRecord::open_operation)
    }

    /// Whether a permanent error gives the operation up. What is not an operation, and a clean-up, only tries on.
    fn gives_up(&self) -> bool {
        let state = self.operation().map(|op| &op.state);
        matches!(state, Some(OperationState::Waiting { .. } | OperationState::Running { .. }))
    }

    async fn read_stage(&mut self, fresh: std::time::Duration) -> Result<(), Quit> {
        self.stage = self.core.stage.read(&*self.core.work, self.core.now(), fresh).await?;
        Ok(())
    }
}

/// The line of a thing that is about to change: it has the new spec and stands on all that either needs, and is not
/// as it should be yet. None if it says so already.
fn announced(entry: &Entry, wanted: &Resource) -> Option<Entry> {
    let known = &entry.resource;
    if known.spec_hash == wanted.spec_hash {
        return None;
    }
    let missing = wanted.needs.iter().any(|need| !known.needs.contains(need));
    if !missing && known.spec == wanted.spec {
        return None;
    }
    let old = known.needs.iter().filter(|need| !wanted.needs.contains(need));
    let needs = wanted.needs.iter().chain(old).cloned().collect();
    let resource = Resource { spec_hash: String::new(), needs, ..wanted.clone() };
    Some(Entry { resource, state: entry.state.clone() })
}
