//! Tenants, registrations and operations. Each intent is one `TransactWriteItems`, decided on a record whose version
//! is a condition of the write: who loses a race reads again and decides anew.

mod amend;
mod apply;
mod begin;
mod damaged;
mod expire;
pub(crate) mod indexed;
mod read;
mod register;
mod report;
mod row;
pub(crate) mod sbt;
mod tiers;
pub(crate) mod used_key;

use async_trait::async_trait;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Report;
use tenantry_contract::id::{OperationId, RegistrationId, TenantId};
use tenantry_contract::lifecycle::{Amendment, Begin, NewTenant};
use tenantry_contract::name::TenantName;
use tenantry_contract::operation::{Budget, Operation};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::time::Timestamp;
use tenantry_ports::keys::KeyUse;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::{
    AmendOutcome, ApplyOutcome, BeginOutcome, Listed, RawTenant, Registered, StoreError, TenantStore,
};

pub(crate) use self::row::{Row, index};
pub(crate) use self::tiers::KnownTiers;
use crate::table::Database;

#[async_trait]
impl TenantStore for Database {
    async fn register(&self, new: NewTenant, key: Option<KeyUse>) -> Result<Registered, StoreError> {
        register::register(self, new, key).await
    }

    async fn begin(
        &self,
        id: &RegistrationId,
        what: Begin,
        budget: Budget,
        traceparent: Option<String>,
        key: Option<KeyUse>,
    ) -> Result<BeginOutcome, StoreError> {
        let asked = begin::Asked { id, what, budget, traceparent, key };
        self.settled(|| begin::once(self, &asked)).await
    }

    async fn amend(&self, id: &RegistrationId, amendment: Amendment) -> Result<AmendOutcome, StoreError> {
        self.settled(|| amend::once(self, id, &amendment)).await
    }

    async fn apply(&self, mut report: Report) -> Result<ApplyOutcome, StoreError> {
        let key = report.event_key.take();
        self.settled(|| apply::once(self, key.as_deref(), &report)).await
    }

    async fn overdue(&self, now: Timestamp, limit: usize) -> Result<Vec<TenantId>, StoreError> {
        read::overdue(self, now, limit).await
    }

    async fn expire(&self, id: &TenantId) -> Result<bool, StoreError> {
        self.settled(|| expire::once(self, id)).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<TenantRecord>, StoreError> {
        Ok(self.row(id).await?.map(|row| row.record))
    }

    async fn registration(&self, id: &RegistrationId) -> Result<Option<TenantRecord>, StoreError> {
        Ok(self.row_of_registration(id).await?.map(|row| row.record))
    }

    async fn tenant_named(&self, name: &TenantName) -> Result<Option<TenantRecord>, StoreError> {
        read::named(self, name).await
    }

    async fn tenants(&self, page: PageRequest) -> Result<Page<Listed>, StoreError> {
        read::tenants(self, page).await
    }

    async fn raw(&self, id: &str) -> Result<Option<RawTenant>, StoreError> {
        damaged::raw(self, id).await
    }

    async fn operation(&self, id: &OperationId) -> Result<Option<Operation>, StoreError> {
        read::operation(self, id).await
    }

    async fn operations(&self, id: &TenantId, page: PageRequest) -> Result<Page<Operation>, StoreError> {
        read::operations(self, id, &page).await
    }

    async fn tiers_in_use(&self) -> Result<Vec<(String, Placement)>, StoreError> {
        tiers::in_use(self).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.answers().await
    }
}
