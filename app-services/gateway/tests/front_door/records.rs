//! Tenants in memory. The gateway reads one at a time; whatever else is asked is refused.

use std::collections::HashMap;
use std::sync::Mutex;

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

#[derive(Default)]
pub struct Records(Mutex<HashMap<TenantId, TenantRecord>>);

impl Records {
    pub fn put(&self, record: TenantRecord) {
        self.0.lock().unwrap().insert(record.tenant_id.clone(), record);
    }
}

fn not_the_gateways<T>() -> Result<T, StoreError> {
    Err(StoreError::broken("the gateway asks for tenants only", "a test"))
}

#[async_trait]
impl TenantStore for Records {
    async fn tenant(&self, id: &TenantId) -> Result<Option<TenantRecord>, StoreError> {
        Ok(self.0.lock().unwrap().get(id).cloned())
    }

    async fn register(&self, _: NewTenant, _: Option<KeyUse>) -> Result<Registered, StoreError> {
        not_the_gateways()
    }

    async fn begin(
        &self,
        _: &RegistrationId,
        _: Begin,
        _: Budget,
        _: Option<String>,
        _: Option<KeyUse>,
    ) -> Result<BeginOutcome, StoreError> {
        not_the_gateways()
    }

    async fn amend(&self, _: &RegistrationId, _: Amendment) -> Result<AmendOutcome, StoreError> {
        not_the_gateways()
    }

    async fn apply(&self, _: Report) -> Result<ApplyOutcome, StoreError> {
        not_the_gateways()
    }

    async fn overdue(&self, _: Timestamp, _: usize) -> Result<Vec<TenantId>, StoreError> {
        not_the_gateways()
    }

    async fn expire(&self, _: &TenantId) -> Result<bool, StoreError> {
        not_the_gateways()
    }

    async fn registration(&self, _: &RegistrationId) -> Result<Option<TenantRecord>, StoreError> {
        not_the_gateways()
    }

    async fn tenant_named(&self, _: &TenantName) -> Result<Option<TenantRecord>, StoreError> {
        not_the_gateways()
    }

    async fn tenants(&self, _: PageRequest) -> Result<Page<Listed>, StoreError> {
        not_the_gateways()
    }

    async fn raw(&self, _: &str) -> Result<Option<RawTenant>, StoreError> {
        not_the_gateways()
    }

    async fn operation(&self, _: &OperationId) -> Result<Option<Operation>, StoreError> {
        not_the_gateways()
    }

    async fn operations(&self, _: &TenantId, _: PageRequest) -> Result<Page<Operation>, StoreError> {
        not_the_gateways()
    }

    async fn tiers_in_use(&self) -> Result<Vec<(String, Placement)>, StoreError> {
        not_the_gateways()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
