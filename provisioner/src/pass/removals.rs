//! Removing, under the owner's claim, orphans that may go and what an earlier pass left without a line.

use std::collections::BTreeMap;

use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::{Entry, EntryState, Outputs, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::runtime::{Step, Tagged};
use tracing::{info, warn};

use super::write::earlier;
use super::{Pass, Quit};
use crate::core::chain;
use crate::diff::Goal;
use crate::removals::OwnerRemovals;

impl Pass {
    pub(super) async fn remove_pending(&mut self, goal: &Goal) -> Result<(), Quit> {
        let pending = self.core.removals.take(&self.hold.owner);
        if pending.is_empty() {
            return Ok(());
        }
        let OwnerRemovals { orphans, unrecorded } = pending;
        let removed = async {
            self.adopt_unrecorded(goal, &unrecorded).await?;
            self.remove_orphans(goal, &orphans).await
        };
        match removed.await {
            Ok(later) => self.look_by = earlier(self.look_by, later),
            Err(quit) => {
                for orphan in orphans.into_values() {
                    self.core.removals.add(orphan);
                }
                self.core.removals.add_unrecorded(self.hold.owner.clone(), unrecorded.into_values());
                return Err(quit);
            }
        }
        Ok(())
    }

    /// What was begun, and what neither the inventory names nor the goal wants, gets a line by which it is removed
    /// like everything else. What is wanted is found again when it is ensured.
    async fn adopt_unrecorded(&mut self, goal: &Goal, entries: &BTreeMap<ResourceId, Entry>) -> Result<(), Quit> {
        for Entry { resource, state } in entries.values() {
            if self.inventory.contains_key(&resource.id) || goal.wanted.contains_key(&resource.id) {
                continue;
            }
            info!(resource = %resource.id, kind = resource.kind, "an unrecorded thing is not wanted and is removed");
            let outputs = match state {
                EntryState::Present { outputs } | EntryState::Removing { outputs } => outputs.clone(),
                EntryState::Intended => Outputs::new(),
            };
            self.set(Entry { resource: resource.clone(), state: EntryState::Removing { outputs } });
        }
        self.write().await
    }

    /// Returns when to try again with what could not be removed yet.
    async fn remove_orphans(
        &mut self,
        goal: &Goal,
        orphans: &BTreeMap<OrphanId, Orphan>,
    ) -> Result<Option<Timestamp>, Quit> {
        let mut later = None;
        for orphan in orphans.values() {
            if !self.may_remove(goal, orphan) {
                continue;
            }
            self.spare().await?;
            let again = self.discard(orphan).await;
            if let Some(after) = again {
                self.core.removals.add(orphan.clone());
                later = earlier(later, Some(self.core.about(after)));
            } else if let Err(e) = self.core.orphans.forget_orphan(&orphan.id).await {
                // The next complete sweep forgets what it does not see.
                warn!(orphan = %orphan.id, error = chain(&e), "a removed orphan is still listed");
            }
        }
        Ok(later)
    }

    /// By what is known now: the inventory may name it by now, and a look by this claim may have changed the record.
    fn may_remove(&self, goal: &Goal, orphan: &Orphan) -> bool {
        let wanted = orphan.recorded_twin.is_none() && goal.wanted.contains_key(&orphan.resource);
        let offboarded = self.record.as_ref().is_some_and(TenantRecord::is_offboarded);
        let allowed = !orphan.holds_data || offboarded || orphan.removal_requested.is_some();
        allowed && !wanted && orphan.is_unlisted(self.inventory.get(&orphan.resource))
    }

    /// None if it is gone, else after which time to try again.
    async fn discard(&self, orphan: &Orphan) -> Option<std::time::Duration> {
        let thing = Tagged {
            owner: orphan.owner.clone(),
            resource: orphan.resource.clone(),
            kind: orphan.kind.clone(),
            native: orphan.native.clone(),
        };
        match tokio::time::timeout(self.core.config.call_limit, self.core.runtime.discard(&thing)).await {
            Ok(Ok(Step::Ready(()))) => {
                info!(orphan = %orphan.id, resource = %orphan.resource, kind = orphan.kind, native = orphan.native, "an orphan is removed");
                None
            }
            Ok(Ok(Step::Pending { after, .. })) => Some(after),
            // It may stand under another orphan, which goes first.
            Ok(Err(e)) => {
                warn!(orphan = %orphan.id, error = chain(&e), "an orphan could not be removed");
                Some(self.core.config.retry_first)
            }
            Err(_) => Some(self.core.config.retry_first),
        }
    }
}
