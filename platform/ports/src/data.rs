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

/// The most bytes that a page of items has as a JSON array, however many items were asked for: what a tenant keeps must
/// not decide how much memory a list of it takes. One item alone may be larger.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// The most bytes that an item has as JSON where a service bounds it. A page then holds 31 items at least.
pub const ITEM_BYTES: usize = 32 * 1024;

/// The length of an item as JSON, in bytes.
pub fn json_bytes(item: &Item) -> usize {
    struct Counter(usize);

    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    // Neither a map of JSON values nor the counter can fail.
    serde_json::to_writer(&mut counter, item).map_or(usize::MAX, |()| counter.0)
}

/// Adds up the bytes of a page as its items come.
#[derive(Debug)]
pub struct PageSize(usize);

impl Default for PageSize {
    /// An empty array but for its closing bracket.
    fn default() -> Self {
        Self(1)
    }
}

impl PageSize {
    /// Counts an item of so many bytes, and the comma or bracket after it. True if the page takes it: within
    /// [`PAGE_BYTES`], or as its first.
    pub fn takes(&mut self, item: usize) -> bool {
        let first = self.0 == 1;
        self.0 = self.0.saturating_add(item).saturating_add(1);
        first || self.0 <= PAGE_BYTES
    }
}

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
