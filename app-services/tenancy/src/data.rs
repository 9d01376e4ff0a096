//! A service's data, bound to the tenant of the request.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::StatusCode;
use http::request::Parts;
use tenantry_contract::id::TenantId;
use tenantry_ports::data::{DataError, Existing, ITEM_BYTES, Item, TenantTable, json_bytes};
use tenantry_ports::page::{Page, PageRequest};
use tenantry_web::Problem;

use crate::tenant::Tenant;

/// A table as a service holds it. It gives out nothing but one tenant's [`Rows`].
#[derive(Clone)]
pub struct Table(Arc<dyn TenantTable>);

impl Table {
    pub fn new(table: Arc<dyn TenantTable>) -> Self {
        Self(table)
    }

    pub fn of(&self, tenant: &Tenant) -> Rows {
        Rows { table: Arc::clone(&self.0), tenant: tenant.id().clone() }
    }
}

/// The items of the tenant who asks, and of nobody else.
#[derive(Clone)]
pub struct Rows {
    table: Arc<dyn TenantTable>,
    tenant: TenantId,
}

impl Rows {
    pub async fn get(&self, key: &str) -> Result<Option<Item>, DataError> {
        self.table.get(&self.tenant, key).await
    }

    /// False, and nothing written, if the key is taken.
    pub async fn insert(&self, key: &str, item: Item) -> Result<bool, Problem> {
        self.put(key, item, Existing::Absent).await
    }

    /// False, and nothing written, if there is no such item.
    pub async fn replace(&self, key: &str, item: Item) -> Result<bool, Problem> {
        self.put(key, item, Existing::Present).await
    }

    async fn put(&self, key: &str, item: Item, only_if: Existing) -> Result<bool, Problem> {
        fits(&item)?;
        Ok(self.table.put(&self.tenant, key, item, only_if).await?)
    }

    /// False if there was none.
    pub async fn remove(&self, key: &str) -> Result<bool, DataError> {
        self.table.delete(&self.tenant, key).await
    }

    pub async fn list(&self, page: PageRequest) -> Result<Page<Item>, DataError> {
        self.table.list(&self.tenant, page).await
    }
}

/// 413 for an item that is longer than [`ITEM_BYTES`].
fn fits(item: &Item) -> Result<(), Problem> {
    let bytes = json_bytes(item);
    if bytes <= ITEM_BYTES {
        return Ok(());
    }
    let rule = format!("must be at most {} KiB as JSON, and has {bytes} bytes", ITEM_BYTES / 1024);
    let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The item {rule}. Send less of it."));
    Err(problem.field("body", rule))
}

impl<S> FromRequestParts<S> for Rows
where
    Table: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let tenant = Tenant::from_request_parts(parts, state).await?;
        Ok(Table::from_ref(state).of(&tenant))
    }
}
