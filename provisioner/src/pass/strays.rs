//! Discarding what the sweep found, now that we hold its owner.

use tenantry_ports::runtime::Step;
use tracing::{info, warn};

use super::write::earlier;
use super::{Pass, Quit};
use crate::core::chain;
use crate::strays::unlisted;

impl Pass {
    pub(super) async fn discard_strays(&mut self) -> Result<(), Quit> {
        let things = self.core.strays.take(&self.hold.owner);
        let mut later = None;
        for thing in unlisted(&things, &self.inventory) {
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
        if later.is_some() {
            // All of them: what is gone by then is not missed, and twins are told apart only together.
            self.core.strays.add(self.hold.owner.clone(), things);
            self.look_by = later;
        }
        Ok(())
    }
}
