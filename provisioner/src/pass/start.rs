//! Starting a step: one call of the runtime.

use futures::FutureExt;
use futures::future::BoxFuture;
use tenantry_contract::operation::StepState;
use tenantry_contract::resource::{Entry, Need, Outputs, Resource};
use tenantry_ports::runtime::{Inputs, RuntimeError, Step};

use super::{Ended, Pass};
use crate::diff::{Act, Goal};

impl Pass {
    /// The call, or none when the act makes no sense any more.
    pub(super) fn start(&mut self, goal: &Goal, act: &Act) -> Option<BoxFuture<'static, Ended>> {
        let prior = self.inventory.get(act.id()).cloned();
        let resource = match act {
            Act::Ensure(id) => goal.wanted.get(id).cloned()?,
            Act::Remove(_) => prior.as_ref()?.resource.clone(),
        };
        if matches!(act, Act::Ensure(_)) {
            self.begun.insert(act.id().clone());
        }
        self.note(act, StepState::Running, None);
        let (runtime, owner) = (self.core.runtime.clone(), self.hold.owner.clone());
        let (limit, began) = (self.core.config.call_limit, self.core.now());
        let (act, inputs) = (act.clone(), self.inputs(&resource));
        let step = async move {
            let call = async {
                match (&act, &prior) {
                    (Act::Remove(_), Some(entry)) => Ok(match runtime.remove(&owner, entry).await? {
                        Step::Ready(()) => Step::Ready(Outputs::new()),
                        Step::Pending { after, why } => Step::Pending { after, why },
                    }),
                    _ => runtime.ensure(&owner, &resource, prior.as_ref(), &inputs).await,
                }
            };
            let result = match tokio::time::timeout(limit, call).await {
                Ok(result) => result,
                // Whether it was done is unknown; the next try finds out.
                Err(_) => Err(RuntimeError::Transient {
                    what: format!("no answer within {} s", limit.as_secs()),
                    retry_after: None,
                    cause: None,
                }),
            };
            Ended { act, resource, began, result }
        };
        Some(step.boxed())
    }

    fn inputs(&self, resource: &Resource) -> Inputs {
        let outputs = |need: &Need| match need {
            Need::Own(id) => self.inventory.get(id).and_then(Entry::outputs),
            Need::Stage(id) => self.stage.get(id).and_then(Entry::outputs),
        };
        resource.needs.iter().filter_map(|need| Some((need.clone(), outputs(need)?.clone()))).collect()
    }
}
