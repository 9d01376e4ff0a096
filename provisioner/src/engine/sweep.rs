//! The slow sweep for orphans: what carries our tags and no inventory names.
//!
//! A sweep reports every orphan. It lets go by itself only of what may go without asking: things of a tenant whose
//! offboarding is recorded, and, after a grace period, things that hold no data. A store that lost its records names
//! nothing, so everything else waits for an operator.

mod compare;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use tenantry_contract::resource::{Entry, Owner};
use tenantry_ports::page::PageRequest;
use tenantry_ports::runtime::Tagged;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::error;

use self::compare::Comparison;
use super::persist;
use crate::backoff::jitter;
use crate::core::{Core, chain};

pub(super) const PAGE: usize = 100;

/// Sweeps now and then. Meanwhile it notes the removals that operators asked for, and rings for the owners of all
/// pending removals: another process may have had their owner's claim, which knows nothing of them.
pub(super) async fn run(core: &Core, rung: &Notify) {
    let next = || Instant::now() + jitter(core.config.sweep, &*core.ids);
    let mut at = next();
    loop {
        let sweeps = tokio::select! {
            () = core.stop.cancelled() => return,
            () = tokio::time::sleep_until(at) => true,
            () = tokio::time::sleep(core.config.removal_poll) => false,
        };
        let work = async {
            if sweeps {
                sweep(core).await;
            }
            report::note_requested(core).await;
            ring(core, rung).await;
        };
        tokio::select! {
            () = core.stop.cancelled() => return,
            () = work => {}
        }
        if sweeps {
            at = next();
        }
    }
}

async fn ring(core: &Core, rung: &Notify) {
    let owners = core.removals.owners();
    if owners.is_empty() {
        return;
    }
    let now = core.now();
    if persist(core, "owners of pending removals were not rung for", || core.work.ring(&owners, now)).await {
        rung.notify_one();
    }
}

/// Page by page: of what is in order nothing is kept. Each page's inventories are read after it was listed: a line is
/// written before its thing is made, so whatever was listed and is wanted has its line by now. The other way round, a
/// thing made in between would look like an orphan.
async fn sweep(core: &Core) {
    let mut comparison = Comparison::default();
    let mut request = PageRequest::first(PAGE);
    let mut complete = true;
    loop {
        let page = match core.runtime.owned(request).await {
            Ok(page) => page,
            // What was found until here is true all the same.
            Err(e) => {
                error!(error = chain(&e), "the sweep could not list everything");
                complete = false;
                break;
            }
        };
        complete &= compare(core, &mut comparison, page.items).await;
        match page.next {
            Some(next) => request = PageRequest { limit: PAGE, after: Some(next) },
            None => break,
        }
    }
    let now = core.now();
    let orphans = comparison.orphans(now, |kind| core.runtime.holds_data(kind));
    report::report(core, orphans, complete).await;
}

/// False if an inventory could not be read.
async fn compare(core: &Core, comparison: &mut Comparison, things: Vec<Tagged>) -> bool {
    let owners: BTreeSet<&Owner> = things.iter().map(|thing| &thing.owner).collect();
    let asked = owners.len();
    let inventories = inventories(core, owners.into_iter().cloned().collect()).await;
    for thing in things {
        // A thing whose inventory could not be read is looked at by the next sweep.
        if let Some(lines) = inventories.get(&thing.owner) {
            let line = lines.iter().find(|line| line.resource.id == thing.resource);
            comparison.see(thing, line);
        }
    }
    inventories.len() == asked
}

/// Those of all that can be read, empty ones too.
async fn inventories(core: &Core, owners: Vec<Owner>) -> BTreeMap<Owner, Vec<Entry>> {
    let mut all = BTreeMap::new();
    match core.work.inventories(&owners).await {
        Ok(mut found) => {
            all.extend(owners.into_iter().map(|owner| {
                let lines = found.remove(&owner).unwrap_or_default();
                (owner, lines)
            }));
        }
        // One of them may be what cannot be read.
        Err(_) => {
            for owner in owners {
                match core.work.inventory(&owner).await {
                    Ok(lines) => drop(all.insert(owner, lines)),
                    Err(e) => error!(%owner, error = chain(&e), "the sweep could not read an inventory"),
                }
            }
        }
    }
    all
}
