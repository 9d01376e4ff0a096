//! What came of a step.

use tenantry_contract::operation::{Failure, StepAction, StepState};
use tenantry_contract::resource::{Entry, EntryState, Outputs, Resource, ResourceId};
use tenantry_ports::runtime::{RuntimeError, Step};
use tracing::{debug, warn};

use super::{Ended, Pass};
use crate::backoff::{Tries, linger, pause};
use crate::core::chain;
use crate::diff::Act;
use crate::meters;

impl Pass {
    pub(super) fn take(&mut self, ended: Ended) {
        let Ended { act, resource, began, result } = ended;
        let action = action(&act);
        match result {
            Ok(Step::Ready(outputs)) => {
                meters::call(action, "ready");
                debug!(resource = %act.id(), ?action, "a step is done");
                self.done(&act, resource, outputs);
                let since = self.step_began(&act).unwrap_or(began);
                meters::step(action, self.core.now().since(since));
                self.note(&act, StepState::Done, None);
            }
            Ok(Step::Pending { after, why }) => {
                meters::call(action, "pending");
                let tries = self.tries(act.id());
                self.defer(
                    act.id(),
                    Tries { pending: tries.pending.saturating_add(1), ..tries },
                    linger(after, tries.pending),
                );
                self.note(&act, StepState::Running, Some(why));
            }
            Err(e) => self.failed(&act, &e),
        }
    }

    fn done(&mut self, act: &Act, resource: Resource, outputs: Outputs) {
        self.patience.tries.remove(act.id());
        self.unsound.remove(act.id());
        if let Act::Remove(id) = act {
            return self.strike(id);
        }
        let before = self.inventory.get(act.id()).and_then(Entry::outputs).cloned();
        self.outdate_dependents(act.id(), before.as_ref(), &outputs);
        self.ensured.insert(act.id().clone());
        self.set(Entry { resource, state: EntryState::Present { outputs } });
    }

    fn failed(&mut self, act: &Act, e: &RuntimeError) {
        let action = action(act);
        let transient = e.retryable();
        meters::call(action, if transient { "transient" } else { "permanent" });
        let failed = self.tries(act.id()).failed.saturating_add(1);
        warn!(resource = %act.id(), ?action, failed, transient, error = chain(e), "a step failed");
        let config = &self.core.config;
        let mut rest = pause(failed, config.retry_first, config.retry_most, &*self.core.ids);
        if let RuntimeError::Transient { retry_after: Some(after), .. } = e {
            rest = rest.max(*after);
        }
        self.defer(act.id(), Tries { failed, ..Tries::NONE }, rest);
        let state = if transient { StepState::Retrying } else { StepState::Failed };
        self.note(act, state, Some(e.to_string()));
        if !transient && self.gives_up() && self.failure.is_none() {
            self.failure = Some(Failure::new(e.to_string()).at(act.id().as_str()));
        }
    }

    fn tries(&self, id: &ResourceId) -> Tries {
        self.patience.tries.get(id).copied().unwrap_or(Tries::NONE)
    }

    fn defer(&mut self, id: &ResourceId, tries: Tries, rest: std::time::Duration) {
        let not_before = self.core.now().plus(rest);
        self.patience.tries.insert(id.clone(), Tries { not_before, ..tries });
    }
}

pub(super) const fn action(act: &Act) -> StepAction {
    match act {
        Act::Ensure(_) => StepAction::Create,
        Act::Remove(_) => StepAction::Remove,
    }
}
