//! Lookups and lists.

use tenantry_contract::id::{OperationId, TenantId};
use tenantry_contract::name::TenantName;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::{Listed, StoreError};

use super::indexed::{name_key, old_operation_key, operation_key};
use super::row::tenant_of;
use super::{Row, damaged};
use crate::table::{Database, Item, Key, Query, Read, Table, cut, moment};

/// By the item that makes the name unique: the index on SBT's table may be behind.
pub async fn named(database: &Database, name: &TenantName) -> Result<Option<TenantRecord>, StoreError> {
    let Some(item) = database.get(&name_key(name)).await? else { return Ok(None) };
    let row = database.row(&tenant_of(&item)?).await?;
    // It may have been deleted between the two looks.
    Ok(row.map(|row| row.record).filter(|record| record.status != Status::Deleted))
}

/// In the order of their ids, which for ours is the order they came in.
pub async fn tenants(database: &Database, mut page: PageRequest) -> Result<Page<Listed>, StoreError> {
    let mut found = Vec::with_capacity(page.limit);
    loop {
        let wanted = page.limit - found.len();
        let listed = database
            .merged("tenants", wanted + 1, |query| match &page.after {
                Some(position) => query.after(&position.0),
                None => query,
            })
            .await?;
        let ids: Vec<TenantId> =
            listed.iter().map(|item| id_at_end(item, item.text("sk")?)).collect::<Result<_, _>>()?;
        let some = cut(ids.into_iter().map(|id| (id.to_string(), id)).collect(), wanted);
        found.extend(all_of(database, &some.items).await?);
        page.after = some.next;
        // Short of one that is listed and not there.
        if found.len() == page.limit || page.after.is_none() {
            return Ok(Page { items: found, next: page.after });
        }
    }
}

/// These tenants, as far as they are there.
async fn all_of(database: &Database, ids: &[TenantId]) -> Result<Vec<Listed>, StoreError> {
    let items = database.get_all(ids.iter().map(Key::tenant).collect()).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let item = items.get(&Key::tenant(id));
        match item.map(Row::read) {
            Some(Ok(Some(row))) => found.push(Listed::Tenant(Box::new(row.record))),
            Some(Err(error)) => found.extend(item.map(|item| damaged::listed(id, item, &error))),
            None | Some(Ok(None)) => {
                tracing::warn!(tenant = %id, "a tenant is listed and not there: it is passed over");
            }
        }
    }
    Ok(found)
}

pub async fn overdue(database: &Database, now: Timestamp, limit: usize) -> Result<Vec<TenantId>, StoreError> {
    let due = database.merged("due", limit, |query| query.to(&moment(now))).await?;
    due.iter()
        .map(|item| {
            let (_, id) = item.text("sk")?.split_once('#').ok_or_else(|| item.broken("sk", "a time and a tenant"))?;
            id_at_end(item, id)
        })
        .collect()
}

fn id_at_end(item: &Item, id: &str) -> Result<TenantId, StoreError> {
    TenantId::parse(id).map_err(|e| StoreError::broken(format!("{} names no tenant", item.called()), e))
}

pub async fn operation(database: &Database, id: &OperationId) -> Result<Option<Operation>, StoreError> {
    let Some(item) = database.get(&operation_key(id)).await? else { return Ok(None) };
    let tenant = tenant_of(&item)?;
    let Some(row) = database.row(&tenant).await? else { return Ok(None) };
    if let Some(current) = row.record.operation.filter(|op| &op.id == id) {
        return Ok(Some(current));
    }
    let old = database.get(&old_operation_key(&tenant, id)).await?;
    old.map(|item| item.json("operation")).transpose()
}

/// The newest is in the record; the others' ids rise as they came.
pub async fn operations(database: &Database, id: &TenantId, page: &PageRequest) -> Result<Page<Operation>, StoreError> {
    const OLD: &str = "operation#";
    let mut found = Vec::new();
    let mut older = Query::of(format!("tenant#{id}")).prefix(OLD).newest_first();
    match &page.after {
        Some(position) => older = older.before(&format!("{OLD}{}", position.0)),
        None => match database.row(id).await? {
            Some(row) => found.extend(row.record.operation),
            None => return Ok(Page { items: Vec::new(), next: None }),
        },
    }
    for item in database.query(&older, page.limit + 1 - found.len()).await? {
        found.push(item.json("operation")?);
    }
    Ok(cut(found.into_iter().map(|op: Operation| (op.id.to_string(), op)).collect(), page.limit))
}

impl Database {
    /// One call, tried once: who asks wants to know how things are now.
    pub(super) async fn answers(&self) -> Result<(), StoreError> {
        let request = self.client().get_item().table_name(&self.tables().control_plane);
        let asked = request.set_key(Some(Key::of("ping", "ping").item())).send().await;
        asked.map(drop).map_err(|e| self.call("dynamodb:GetItem", Table::ControlPlane).fault(e).into())
    }
}
