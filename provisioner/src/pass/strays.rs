//! Seeing to what the sweep found, and to what an earlier pass left without a line, now that we hold its owner.

use tenantry_contract::resource::{Entry, EntryState, Outputs};
use tenantry_ports::runtime::{Step, Tagged};
use tracing::{info, warn};

use super::write::earlier;
use super::{Pass, Quit};
use crate::core::chain;
use crate::diff::Goal;
use crate::strays::unlisted;

impl Pass {
    pub(super) async fn see_to_strays(&mut self, goal: &Goal) -> Result<(), Quit> {
        let (things, entries) = self.core.strays.take(&self.hold.owner);
        if things.is_empty() && entries.is_empty() {
            return Ok(());
        }
        let seen = async {
            self.own_up(goal, &entries).await?;
            self.discard(&things).await
        };
        match seen.await {
            Ok(None) => {}
            Ok(later) => {
                // All of them: what is gone by then is not missed, and twins are told apart only together.
                self.core.strays.add(self.hold.owner.clone(), things);
                self.look_by = earlier(self.look_by, later);
            }
            Err(quit) => {
                self.core.strays.add(self.hold.owner.clone(), things);
                self.core.strays.add_unrecorded(self.hold.owner.clone(), entries);
                return Err(quit);
            }
        }
        Ok(())
    }

    /// What was begun, and what neither the inventory names nor the goal wants, gets a line by which it is removed
    /// like everything else. What is wanted is found again when it is ensured.
    async fn own_up(&mut self, goal: &Goal, entries: &[Entry]) -> Result<(), Quit> {
        for Entry { resource, state } in entries {
            if self.inventory.contains_key(&resource.id) || goal.wanted.contains_key(&resource.id) {
                continue;
            }
            info!(resource = %resource.id, kind = resource.kind, "a thing was made that nobody wanted any more");
            let outputs = match state {
                EntryState::Present { outputs } | EntryState::Removing { outputs } => outputs.clone(),
                EntryState::Intended => Outputs::new(),
            };
            self.set(Entry { resource: resource.clone(), state: EntryState::Removing { outputs } });
        }
        self.write().await
    }

    /// When to try again with what could not be discarded.
    async fn discard(&mut self, things: &[Tagged]) -> Result<Option<tenantry_contract::time::Timestamp>, Quit> {
        let strays: Vec<Tagged> = unlisted(things, &self.inventory).into_iter().cloned().collect();
        let mut later = None;
        for thing in &strays {
            self.spare().await?;
            let limit = self.core.config.call_limit;
            let again = match tokio::time::timeout(limit, self.core.runtime.discard(thing)).await {
                Ok(Ok(Step::Ready(()))) => {
                    info!(resource = %thing.resource, kind = thing.kind, "an unlisted thing is gone");
                    continue;
                }
                Ok(Ok(Step::Pending { after, .. })) => after,
                // It may stand under another stray, which goes first.
                Ok(Err(e)) => {
                    warn!(resource = %thing.resource, error = chain(&e), "an unlisted thing remains");
                    self.core.config.retry_first
                }
                Err(_) => self.core.config.retry_first,
            };
            later = earlier(later, Some(self.core.about(again)));
        }
        Ok(later)
    }
}
