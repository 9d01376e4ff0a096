//! Tenants, registrations and operations.

mod amend;
mod apply;
mod begin;
mod damaged;
mod expire;
mod place;
mod read;
mod register;
mod row;

use std::sync::Arc;

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

pub(crate) use self::read::number;
pub(crate) use self::row::{IdKind, Row, find, write_record};
use crate::database::Database;
use crate::keys::HashedKey;
use crate::sqlite::Guard;

#[async_trait]
impl TenantStore for Database {
    async fn register(&self, new: NewTenant, key: Option<KeyUse>) -> Result<Registered, StoreError> {
        let registration = register::prepare(self, new, key)?;
        Ok(self
            .change_within(&self.inner.sqlite, Guard::Group, move |change| register::write(change, registration))
            .await?)
    }

    async fn begin(
        &self,
        id: &RegistrationId,
        what: Begin,
        budget: Budget,
        traceparent: Option<String>,
        key: Option<KeyUse>,
    ) -> Result<BeginOutcome, StoreError> {
        let id = id.clone();
        let key = key.map(|k| (HashedKey::from(&k.key), k.answer));
        let asked = begin::Asked { id, what, budget, traceparent, key };
        Ok(self.change(move |change| begin::write(change, asked)).await?)
    }

    async fn amend(&self, id: &RegistrationId, amendment: Amendment) -> Result<AmendOutcome, StoreError> {
        let id = id.clone();
        Ok(self.change(move |change| amend::write(change, &id, amendment)).await?)
    }

    async fn apply(&self, report: Report) -> Result<ApplyOutcome, StoreError> {
        Ok(self.change_behind(move |change| apply::write(change, report)).await?)
    }

    async fn overdue(&self, now: Timestamp, limit: usize) -> Result<Vec<TenantId>, StoreError> {
        let unreadable = Arc::clone(&self.inner.unreadable);
        Ok(self.inner.sqlite.read(move |c| read::overdue(c, &unreadable, now, limit)).await?)
    }

    async fn expire(&self, id: &TenantId) -> Result<bool, StoreError> {
        let id = id.clone();
        Ok(self.change_behind(move |change| expire::write(change, &id)).await?)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<TenantRecord>, StoreError> {
        self.one(IdKind::Tenant, id.as_str()).await
    }

    async fn registration(&self, id: &RegistrationId) -> Result<Option<TenantRecord>, StoreError> {
        self.one(IdKind::Registration, id.as_str()).await
    }

    async fn tenant_named(&self, name: &TenantName) -> Result<Option<TenantRecord>, StoreError> {
        let name = name.clone();
        Ok(self.inner.sqlite.read(move |c| read::named(c, &name)).await?)
    }

    async fn tenants(&self, page: PageRequest) -> Result<Page<Listed>, StoreError> {
        let unreadable = Arc::clone(&self.inner.unreadable);
        Ok(self.inner.sqlite.read(move |c| read::tenants(c, &unreadable, &page)).await?)
    }

    async fn raw(&self, id: &str) -> Result<Option<RawTenant>, StoreError> {
        let id = id.to_owned();
        Ok(self.inner.sqlite.read(move |c| damaged::raw(c, &id)).await?)
    }

    async fn operation(&self, id: &OperationId) -> Result<Option<Operation>, StoreError> {
        let id = id.clone();
        Ok(self.inner.sqlite.read(move |c| read::operation(c, &id)).await?)
    }

    async fn operations(&self, id: &TenantId, page: PageRequest) -> Result<Page<Operation>, StoreError> {
        let id = id.clone();
        Ok(self.inner.sqlite.read(move |c| read::operations(c, &id, &page)).await?)
    }

    async fn tiers_in_use(&self) -> Result<Vec<(String, Placement)>, StoreError> {
        Ok(self.inner.sqlite.read(read::tiers_in_use).await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.inner.sqlite.read(|c| c.query_row("SELECT 1", [], |_| Ok(()))).await?)
    }
}

impl Database {
    async fn one(&self, kind: IdKind, id: &str) -> Result<Option<TenantRecord>, StoreError> {
        let id = id.to_owned();
        Ok(self.inner.sqlite.read(move |c| find(c, kind, &id)).await?.map(|row| row.record))
    }
}
