//! What the catalogue has dropped and the stage keeps, as it holds data.

use std::collections::BTreeSet;

use tenantry_contract::resource::{Owner, ResourceId};
use tracing::warn;

use super::Pass;
use crate::diff::Goal;
use crate::meters;

impl Pass {
    /// Counts such things, and logs them when they change.
    pub(super) fn report_kept(&self, goal: &Goal) {
        if self.hold.owner != Owner::Stage {
            return;
        }
        let held = self.inventory.values().filter(|entry| entry.resource.holds_data);
        let dropped = held.map(|entry| &entry.resource.id).filter(|id| !goal.wanted.contains_key(id));
        let kept: BTreeSet<ResourceId> = dropped.cloned().collect();
        meters::kept(kept.len());
        if self.core.stage.keep_dropped(&kept) {
            let things: Vec<&str> = kept.iter().map(ResourceId::as_str).collect();
            warn!(?things, "the catalogue no longer has these things; they hold data and are kept");
        }
    }
}
