//! A list that is cut into shards, read as one.

use futures::future::try_join_all;
use tenantry_ports::page::{Page, Position};
use tenantry_ports::store::StoreError;

use super::{Database, Item, Query, Read, SHARDS, sharded};

impl Database {
    /// The first `limit` items of all shards together, in the order of their sort keys.
    pub async fn merged(
        &self,
        list: &str,
        limit: usize,
        query: impl Fn(Query) -> Query,
    ) -> Result<Vec<Item>, StoreError> {
        let queries: Vec<Query> = (0..SHARDS).map(|n| query(Query::of(sharded(list, n)))).collect();
        let newest_first = queries.first().is_some_and(Query::is_newest_first);
        let found = try_join_all(queries.iter().map(|query| self.query(query, limit))).await?;
        let mut all: Vec<Item> = found.into_iter().flatten().collect();
        sort(&mut all, newest_first);
        all.truncate(limit);
        Ok(all)
    }

    /// The newest of all shards together, out of `most` in each at most; and the sort key until which all were looked
    /// at, if there may be more behind it.
    pub async fn newest_of(
        &self,
        list: &str,
        most: usize,
        query: impl Fn(Query) -> Query,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let queries: Vec<Query> = (0..SHARDS).map(|n| query(Query::of(sharded(list, n))).newest_first()).collect();
        let found = try_join_all(queries.iter().map(|query| self.look_at(query, most))).await?;
        // Behind where one of them stopped, another's are not the next ones.
        let until = found.iter().filter_map(|(_, last)| last.clone()).max();
        let mut all: Vec<Item> = found.into_iter().flat_map(|(items, _)| items).collect();
        all.retain(|item| item.maybe_text("sk") >= until.as_deref());
        sort(&mut all, true);
        Ok((all, until))
    }
}

fn sort(items: &mut [Item], newest_first: bool) {
    items.sort_unstable_by(|a, b| {
        let order = a.maybe_text("sk").cmp(&b.maybe_text("sk"));
        if newest_first { order.reverse() } else { order }
    });
}

/// A page out of one more than it may have, which says whether there is another page.
pub fn cut<T>(mut found: Vec<(String, T)>, limit: usize) -> Page<T> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(position, _)| Position(position.clone()));
    Page { items: found.into_iter().map(|(_, item)| item).collect(), next }
}
