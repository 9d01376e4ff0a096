//! The end of a pass: report, wait or give up, and when to look again.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use tenantry_contract::event::Verdict;
use tenantry_contract::operation::{Failure, StepState};
use tenantry_contract::resource::{Entry, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::runtime::{Condition, RuntimeError};
use tracing::{error, info, warn};

use super::write::earlier;
use super::{Pass, Quit};
use crate::core::chain;
use crate::diff::{Act, Blocked, Diff, Goal};
use crate::verdict::verdict;

/// What is known of the stage may be this old when it seems to lack something.
const JUST_NOW: Duration = Duration::from_millis(50);

impl Pass {
    /// Everything is as it should be.
    pub(super) async fn conclude(&mut self, goal: &Goal) -> Result<Option<Timestamp>, Quit> {
        let ended = self.operation().and_then(|op| {
            let verdict = verdict(op, goal, &self.inventory, &self.stage)?;
            Some((op.kind, verdict))
        });
        let Some((kind, verdict)) = ended else {
            let watched = self.inventory.values().any(|e| e.resource.watched && e.is_present());
            let next = watched.then(|| self.core.about(self.core.config.drift));
            return self.let_go(next).await;
        };
        let success = verdict.0 == Verdict::Success;
        let next = self.core.about(self.core.config.recheck);
        let next = self.look_by.map_or(next, |by| by.min(next));
        self.report(verdict, next).await?;
        if self.newest == self.hold.generation {
            self.announce_end(kind, success);
        }
        Ok(Some(next))
    }

    /// Reads whether what can drift is as it should be. True if something is not.
    pub(super) async fn look(&mut self, goal: &Goal) -> Result<bool, Quit> {
        let entries: Vec<Entry> = self
            .inventory
            .values()
            .filter(|e| e.resource.watched && e.is_present())
            .filter(|e| goal.wanted.contains_key(&e.resource.id) && !self.ensured.contains(&e.resource.id))
            .cloned()
            .collect();
        if entries.is_empty() {
            return Ok(false);
        }
        self.spare().await?;
        let (core, owner) = (self.core.clone(), self.hold.owner.clone());
        let looks = stream::iter(entries).map(|entry| {
            let (core, owner) = (&core, &owner);
            async move {
                let look = core.runtime.inspect(owner, &entry);
                (entry.resource.id.clone(), tokio::time::timeout(core.config.call_limit, look).await)
            }
        });
        let looks: Vec<_> = looks.buffer_unordered(core.config.steps_at_once).collect().await;
        let mut drifted = false;
        for (id, condition) in looks {
            match condition {
                Ok(Ok(Condition::Sound)) => {}
                Ok(Ok(Condition::Drifted(how))) => {
                    info!(resource = %id, how, "a thing is not as it should be");
                    self.unsound.insert(id);
                    drifted = true;
                }
                Ok(Err(e)) => warn!(resource = %id, error = chain(&e), "a thing could not be looked at"),
                Err(_) => warn!(resource = %id, "a look took too long"),
            }
        }
        Ok(drifted)
    }

    /// Some of it takes time, or stands on what is not there yet.
    pub(super) async fn wait(&mut self, diff: &Diff) -> Result<Option<Timestamp>, Quit> {
        let mut next = None;
        for act in &diff.ready {
            next = earlier(next, self.patience.tries.get(act.id()).map(|t| t.not_before));
        }
        for (id, blocked) in &diff.waits {
            match blocked {
                Blocked::Stage(stage) => {
                    self.note(
                        &Act::Ensure(id.clone()),
                        StepState::Running,
                        Some(format!("waits for the shared {stage}")),
                    );
                    next = earlier(next, Some(self.core.about(self.core.config.stage_wait)));
                }
                Blocked::Nobody(need) if next.is_none() => return self.unmakeable(id, need).await,
                Blocked::Own | Blocked::Nobody(_) => {}
            }
        }
        let next = next.unwrap_or_else(|| self.core.about(self.core.config.retry_most));
        // What is due by now may begin at once, and somebody else may have a turn before.
        self.let_go(Some(next.max(self.core.now()))).await
    }

    /// Whether what the stage seemed to lack is there by now.
    pub(super) async fn stage_has_come(&mut self, diff: &Diff) -> Result<bool, Quit> {
        let missing = |(_, blocked): &(ResourceId, Blocked)| match blocked {
            Blocked::Stage(id) => Some(id.clone()),
            Blocked::Own | Blocked::Nobody(_) => None,
        };
        let missing: Vec<ResourceId> = diff.waits.iter().filter_map(missing).collect();
        if missing.is_empty() {
            return Ok(false);
        }
        self.read_stage(JUST_NOW).await?;
        Ok(missing.iter().any(|id| self.stage.get(id).is_some_and(Entry::is_present)))
    }

    async fn unmakeable(&mut self, id: &ResourceId, need: &ResourceId) -> Result<Option<Timestamp>, Quit> {
        let reason = format!("it needs {need}, which nothing makes");
        error!(resource = %id, reason, "a plan cannot be carried out");
        self.give_up(Failure::new(reason).at(id.as_str())).await
    }

    /// The runtime has no answer to the plan.
    pub(super) async fn no_goal(&mut self, e: &RuntimeError) -> Result<Option<Timestamp>, Quit> {
        error!(error = chain(e), "the plan cannot be lowered");
        if e.retryable() {
            return self.let_go(Some(self.core.about(self.core.config.poll))).await;
        }
        self.give_up(Failure::new(e.to_string())).await
    }

    pub(super) async fn give_up(&mut self, failure: Failure) -> Result<Option<Timestamp>, Quit> {
        if !self.gives_up() {
            return self.let_go(Some(self.core.about(self.core.config.retry_most))).await;
        }
        warn!(step = failure.step, reason = failure.reason, "an operation is given up");
        self.turn(failure).await
    }
}
