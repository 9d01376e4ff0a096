//! Tenants' data: items of a service's table, always of one tenant.

use async_trait::async_trait;
use serde_json::{Map, Value};
use tenantry_contract::id::TenantId;

use crate::error::port_error;
use crate::page::{Page, PageRequest};

port_error!(
    /// Why a table did not do what it was asked.
    DataError,
    "tenant's table"
);

pub type Item = Map<String, Value>;

/// One table. Whether it is shared or a tenant's own is the adapter's affair; no method can reach another
/// tenant's items.
#[async_trait]
pub trait TenantTable: Send + Sync {
    async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Item>, DataError>;

    /// Makes or replaces. `false` if `only_if` did not hold, and nothing was written.
    async fn put(&self, tenant: &TenantId, key: &str, item: Item, only_if: Existing) -> Result<bool, DataError>;

    /// False if it was not there.
    async fn delete(&self, tenant: &TenantId, key: &str) -> Result<bool, DataError>;

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<Item>, DataError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Either,
    Absent,
    Present,
}
