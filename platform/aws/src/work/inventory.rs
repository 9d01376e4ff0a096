//! What each owner has: an item for each line, and in the owner's slot which lines there are.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt, TryStreamExt, future, stream};
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::Done;

use super::place::{LINE, OWNERS, line_key, owner_listed, partition, text};
use super::slot::Slot;
use crate::table::{Database, Intent, Query, Read, cut};

pub async fn of(database: &Database, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
    let lines = database.query(&Query::of(partition(owner)).prefix(LINE), usize::MAX).await?;
    lines.iter().map(|item| item.json("line")).collect()
}

/// Partitions that are read at once.
const AT_ONCE: usize = 16;

pub async fn of_all(database: &Database, owners: &[Owner]) -> Result<BTreeMap<Owner, Vec<Entry>>, StoreError> {
    let read = |owner: Owner| async move { of(database, &owner).await.map(|entries| (owner, entries)) };
    let reads = stream::iter(owners.to_vec()).map(read).buffer_unordered(AT_ONCE);
    reads.try_filter(|(_, entries)| future::ready(!entries.is_empty())).try_collect().await
}

/// What the owner has, by name.
pub(crate) async fn resource_names(database: &Database, owner: &Owner) -> Result<Vec<String>, StoreError> {
    Ok(database.slot(owner).await?.lines.into_keys().collect())
}

pub async fn owners(database: &Database, page: &PageRequest) -> Result<Page<Owner>, StoreError> {
    let listed = database
        .merged(OWNERS, page.limit + 1, |query| match &page.after {
            Some(position) => query.after(&position.0),
            None => query,
        })
        .await?;
    let owners: Vec<Owner> = listed.iter().map(owner_listed).collect::<Result<_, _>>()?;
    Ok(cut(owners.into_iter().map(|owner| (text(&owner).to_owned(), owner)).collect(), page.limit))
}

/// Writes and strikes lines, and notes in the slot what there is after it. False if there is nothing to write.
pub fn write(intent: &mut Intent<'_>, slot: &mut Slot, done: &Done) -> Result<bool, StoreError> {
    // No item may be in a write twice: what is struck counts, and else what was said last.
    let mut lines: BTreeMap<&ResourceId, Option<&Entry>> = BTreeMap::new();
    lines.extend(done.entries.iter().map(|entry| (&entry.resource.id, Some(entry))));
    lines.extend(done.gone.iter().map(|id| (id, None)));
    for (id, line) in &lines {
        let key = line_key(&slot.owner, id);
        if let Some(entry) = line {
            slot.lines.insert(id.to_string(), entry.resource.watched);
            intent.put(key, [("line".to_owned(), AttributeValue::S(json(entry)?))]);
        } else {
            slot.lines.remove(id.as_str());
            intent.delete(key);
        }
    }
    Ok(!lines.is_empty())
}

pub fn json(entry: &Entry) -> Result<String, StoreError> {
    serde_json::to_string(entry)
        .map_err(|e| StoreError::broken(format!("{} cannot be written as JSON", entry.resource.id), e))
}
