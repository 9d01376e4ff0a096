//! The slow sweep for what carries our tags and no inventory names: what a worker made that had lost its claim
//! without knowing.

use std::collections::BTreeMap;

use tenantry_contract::resource::{Entry, Owner};
use tenantry_ports::page::PageRequest;
use tenantry_ports::runtime::{RuntimeError, Tagged};
use tokio::sync::Notify;
use tracing::{error, warn};

use super::persist;
use crate::backoff::jitter;
use crate::core::{Core, chain};
use crate::diff::Inventory;
use crate::meters;
use crate::strays::unlisted;

const PAGE: usize = 100;

pub(super) async fn run(core: &Core, rung: &Notify) {
    loop {
        tokio::select! {
            () = core.stop.cancelled() => return,
            () = tokio::time::sleep(jitter(core.config.sweep, &*core.ids)) => {}
        }
        tokio::select! {
            () = core.stop.cancelled() => return,
            () = sweep(core, rung) => {}
        }
    }
}

/// Lists first and reads inventories after: a line is written before its thing is made, so whatever was listed
/// and is wanted has its line by now. The other way round, a thing made in between would look like a stray.
async fn sweep(core: &Core, rung: &Notify) {
    let things = match owned(core).await {
        Ok(things) => things,
        Err(e) => return error!(error = chain(&e), "the sweep saw nothing"),
    };
    let mut owners = Vec::new();
    for (owner, things) in things {
        let inventory: Inventory = match core.work.inventory(&owner).await {
            Ok(entries) => entries.into_iter().map(|e: Entry| (e.resource.id.clone(), e)).collect(),
            Err(e) => return error!(error = chain(&e), "the sweep read no inventory"),
        };
        let found: Vec<Tagged> = unlisted(&things, &inventory).into_iter().cloned().collect();
        if !found.is_empty() {
            warn!(%owner, things = ?found.iter().map(|t| t.resource.as_str()).collect::<Vec<_>>(), "no inventory names these");
            meters::strays(found.len());
            // All that carry the same tag go along: the pass decides anew, by the inventory of its claim.
            core.strays.add(owner.clone(), things);
            owners.push(owner);
        }
    }
    if !owners.is_empty() {
        let now = core.now();
        if persist(core, "owners of strays were not rung for", || core.work.ring(&owners, now)).await {
            rung.notify_one();
        }
    }
}

async fn owned(core: &Core) -> Result<BTreeMap<Owner, Vec<Tagged>>, RuntimeError> {
    let mut things: BTreeMap<Owner, Vec<Tagged>> = BTreeMap::new();
    let mut request = PageRequest::first(PAGE);
    loop {
        let page = core.runtime.owned(request).await?;
        for thing in page.items {
            things.entry(thing.owner.clone()).or_default().push(thing);
        }
        match page.next {
            Some(next) => request = PageRequest { limit: PAGE, after: Some(next) },
            None => return Ok(things),
        }
    }
}
