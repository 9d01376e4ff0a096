//! What the stage is to keep for the tenants that stand on it, though nothing wants it any more.

use std::collections::BTreeSet;

use tenantry_contract::resource::{Entry, Need, ResourceId};
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::WorkStore;
use tracing::error;

use super::write::earlier;
use super::{Pass, Quit};
use crate::core::chain;
use crate::diff::Goal;

const PAGE: usize = 100;

impl Pass {
    /// Asks only when the catalogue dropped something that the stage has, goes through the tenants page by page while
    /// holding on, and no further than until each dropped thing is known to be needed.
    pub(super) async fn keep_what_tenants_need(&mut self, goal: &mut Goal) -> Result<(), Quit> {
        if self.diff(goal).strike.is_empty() {
            return Ok(());
        }
        goal.needed = self.core.stage.needed(self.core.now());
        let mut request = PageRequest::first(PAGE);
        loop {
            let dropped = self.diff(goal).strike;
            if dropped.is_empty() {
                break;
            }
            self.spare().await?;
            if self.quits() {
                goal.needed.extend(dropped);
                return Ok(());
            }
            let page = match needed_on(&*self.core.work, request).await {
                Ok(page) => page,
                Err(e) => {
                    // What may be needed stays; the rest of the stage does not wait for an answer.
                    error!(error = chain(&e), "what tenants need of the stage is unknown");
                    goal.needed.extend(dropped);
                    self.look_by = earlier(self.look_by, Some(self.core.about(self.core.config.retry_most)));
                    return Ok(());
                }
            };
            goal.needed.extend(page.items);
            match page.next {
                Some(next) => request = PageRequest { limit: PAGE, after: Some(next) },
                None => break,
            }
        }
        self.core.stage.keep_needed(&goal.needed, self.core.now());
        Ok(())
    }
}

/// What the tenants of one page need of the stage.
async fn needed_on(work: &dyn WorkStore, page: PageRequest) -> Result<Page<ResourceId>, StoreError> {
    let Page { mut items, next } = work.owners(page).await?;
    items.retain(|owner| owner.tenant().is_some());
    let inventories = work.inventories(&items).await?;
    let needs = |entry: Entry| {
        entry.resource.needs.into_iter().filter_map(|need| match need {
            Need::Stage(id) => Some(id),
            Need::Own(_) => None,
        })
    };
    let needed: BTreeSet<ResourceId> = inventories.into_values().flatten().flat_map(needs).collect();
    Ok(Page { items: needed.into_iter().collect(), next })
}
