//! Everything that carries our tags, kind by kind: what the sweep compares with the inventories.
//!
//! A kind is listed as a whole when its first page is asked for, and kept for the pages that follow, as AWS's lists
//! come in no order that could be taken up again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::runtime::{RuntimeError, Tagged};

use super::aws::Aws;
use super::spec::Kind;
use super::{cluster, discovery, group, logs, pool, role, service, table, task};

/// Rows and users are in no list: a pooled tenant's have no tags, and to look through everybody's is no sweep's work.
const LISTED: [Kind; 9] = [
    Kind::Service,
    Kind::Cluster,
    Kind::Discovery,
    Kind::Group,
    Kind::Logs,
    Kind::Pool,
    Kind::Role,
    Kind::Table,
    Kind::Task,
];

/// The kind that is being paged through, by native name.
#[derive(Default)]
pub struct Things(Mutex<Option<(Kind, BTreeMap<String, Tagged>)>>);

impl Things {
    pub async fn page(&self, aws: &Aws, page: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        let (first, mut after) = begin(page.after.as_ref());
        let mut items: Vec<Tagged> = Vec::new();
        for (kind, following) in LISTED.iter().zip(LISTED.iter().skip(1).map(Some).chain([None])).skip(first) {
            if after.is_none() || !self.has(*kind) {
                let listed = list(aws, *kind).await?.into_iter().map(|thing| (thing.native.clone(), thing)).collect();
                *self.lock() = Some((*kind, listed));
            }
            let room = page.limit - items.len();
            let (found, more) = self.rest(after.take().as_deref(), room);
            items.extend(found);
            if more {
                let next = items.last().map(|last| position(*kind, &last.native));
                return Ok(Page { items, next });
            }
            if items.len() >= page.limit
                && let Some(following) = following
            {
                return Ok(Page { items, next: Some(position(*following, "")) });
            }
        }
        *self.lock() = None;
        Ok(Page { items, next: None })
    }

    fn has(&self, kind: Kind) -> bool {
        self.lock().as_ref().is_some_and(|(listed, _)| *listed == kind)
    }

    /// So many things after a name, and whether there are more.
    fn rest(&self, after: Option<&str>, room: usize) -> (Vec<Tagged>, bool) {
        let listed = self.lock();
        let Some((_, things)) = &*listed else { return (Vec::new(), false) };
        let mut rest = things.iter().filter(|(native, _)| after.is_none_or(|after| native.as_str() > after));
        let found = rest.by_ref().take(room).map(|(_, thing)| thing.clone()).collect();
        (found, rest.next().is_some())
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Kind, BTreeMap<String, Tagged>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which kind to begin with, and after which of its things.
fn begin(after: Option<&Position>) -> (usize, Option<String>) {
    let Some((kind, native)) = after.and_then(|position| position.0.split_once(' ')) else { return (0, None) };
    let at = LISTED.iter().position(|listed| listed.as_str() == kind).unwrap_or(0);
    (at, Some(native.to_owned()).filter(|native| !native.is_empty()))
}

fn position(kind: Kind, native: &str) -> Position {
    Position(format!("{} {native}", kind.as_str()))
}

async fn list(aws: &Aws, kind: Kind) -> Result<Vec<Tagged>, RuntimeError> {
    match kind {
        Kind::Service => service::list(aws).await,
        Kind::Cluster => cluster::list(aws).await,
        Kind::Discovery => discovery::list(aws).await,
        Kind::Group => group::list(aws).await,
        Kind::Logs => logs::list(aws).await,
        Kind::Pool => pool::list(aws).await,
        Kind::Role => role::list(aws).await,
        Kind::Table => table::list(aws).await,
        Kind::Task => task::list(aws).await,
        Kind::Rows | Kind::TenantAdmin => Ok(Vec::new()),
    }
}
