//! A service's data, bound to the tenant of the request.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use http::request::Parts;
use tenantry_contract::id::TenantId;
use tenantry_ports::data::{DataError, Existing, Item, TenantTable};
use tenantry_ports::page::{Page, PageRequest};
use tenantry_web::Problem;

use crate::stream;
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

/// How many items are held at once while a list is sent; fewer if they are large
/// ([`tenantry_ports::data::PAGE_BYTES`]).
const PAGE: usize = 200;

impl Rows {
    pub async fn get(&self, key: &str) -> Result<Option<Item>, DataError> {
        self.table.get(&self.tenant, key).await
    }

    /// False, and nothing written, if the key is taken.
    pub async fn insert(&self, key: &str, item: Item) -> Result<bool, DataError> {
        self.table.put(&self.tenant, key, item, Existing::Absent).await
    }

    /// False, and nothing written, if there is no such item.
    pub async fn replace(&self, key: &str, item: Item) -> Result<bool, DataError> {
        self.table.put(&self.tenant, key, item, Existing::Present).await
    }

    /// False if there was none.
    pub async fn remove(&self, key: &str) -> Result<bool, DataError> {
        self.table.delete(&self.tenant, key).await
    }

    /// All items as one JSON array, read and sent page by page.
    pub async fn send_all(self) -> Result<Response, Problem> {
        let pages = move |after| {
            let rows = self.clone();
            async move { rows.page(after).await }
        };
        stream::json_array(pages).await
    }

    async fn page(&self, after: Option<tenantry_ports::page::Position>) -> Result<Page<Item>, DataError> {
        self.table.list(&self.tenant, PageRequest { limit: PAGE, after }).await
    }
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
