//! What each owner has.

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;

use super::row::{partition, read_owner, text};
use crate::table::{Database, Intent, Key, Query, Read, cut, shard, sharded};

const LINE: &str = "inventory#";

fn line_key(owner: &Owner, resource: &ResourceId) -> Key {
    Key::of(partition(owner), format!("{LINE}{resource}"))
}

fn owner_key(owner: &Owner) -> Key {
    Key::of(sharded("owners", shard(text(owner))), text(owner))
}

pub async fn of(database: &Database, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
    let lines = database.query(&Query::of(partition(owner)).prefix(LINE), usize::MAX).await?;
    lines.iter().map(|line| line.json("entry")).collect()
}

/// Writes lines, and that there are some.
pub fn put(intent: &mut Intent<'_>, owner: &Owner, entries: &[Entry]) -> Result<(), StoreError> {
    for entry in entries {
        let json = serde_json::to_string(entry);
        let json = json.map_err(|e| StoreError::broken("an inventory's line cannot be written as JSON", e))?;
        intent.put(line_key(owner, &entry.resource.id), [("entry".to_owned(), AttributeValue::S(json))]);
    }
    if !entries.is_empty() {
        intent.put(owner_key(owner), []);
    }
    Ok(())
}

/// Strikes lines.
pub fn strike(intent: &mut Intent<'_>, owner: &Owner, gone: &[ResourceId]) {
    for resource in gone {
        intent.delete(line_key(owner, resource));
    }
}

/// The owner is in the list no more.
pub fn unlist(intent: &mut Intent<'_>, owner: &Owner) {
    intent.delete(owner_key(owner));
}

pub async fn owners(database: &Database, page: &PageRequest) -> Result<Page<Owner>, StoreError> {
    let listed = database.merged("owners", page.limit + 1, |query| match &page.after {
        Some(position) => query.after(&position.0),
        None => query,
    });
    let owners = listed.await?.into_iter().map(|item| {
        let sk = item.text("sk")?.to_owned();
        let owner = read_owner(&item, &sk)?;
        Ok((sk, owner))
    });
    Ok(cut(owners.collect::<Result<_, StoreError>>()?, page.limit))
}
