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

/// About so many bytes of JSON a page of items holds at most, however many items were asked for: what a tenant keeps
/// must not decide how much memory a list of it takes. One item alone may be larger.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// One table. Whether it is shared or a tenant's own is the adapter's affair; no method can reach another
/// tenant's items.
#[async_trait]
pub trait TenantTable: Send + Sync {
    async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Item>, DataError>;

    /// Makes or replaces. `false` if `only_if` did not hold, and nothing was written.
    async fn put(&self, tenant: &TenantId, key: &str, item: Item, only_if: Existing) -> Result<bool, DataError>;

    /// False if it was not there.
    async fn delete(&self, tenant: &TenantId, key: &str) -> Result<bool, DataError>;

    /// A page ends at its limit or at [`PAGE_BYTES`], whichever comes first, and has one item at least if any is left.
    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<Item>, DataError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Either,
    Absent,
    Present,
}
