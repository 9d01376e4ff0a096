//! A [`TenantStore`] that fails on purpose.

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

use super::Plan;

pub struct FaultyStore {
    inner: Arc<dyn TenantStore>,
    plan: Plan,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn TenantStore>, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl TenantStore for FaultyStore {
    async fn register(&self, new: NewTenant, key: Option<KeyUse>) -> Result<Registered, StoreError> {
        let name = format!("store.register {}", new.name);
        self.plan.around(name, || self.inner.register(new.clone(), key.clone())).await
    }

    async fn begin(
        &self,
        id: &RegistrationId,
        what: Begin,
        budget: Budget,
        traceparent: Option<String>,
        key: Option<KeyUse>,
    ) -> Result<BeginOutcome, StoreError> {
        let call = || self.inner.begin(id, what, budget, traceparent.clone(), key.clone());
        self.plan.around(format!("store.begin {id}"), call).await
    }

    async fn amend(&self, id: &RegistrationId, amendment: Amendment) -> Result<AmendOutcome, StoreError> {
        self.plan.around(format!("store.amend {id}"), || self.inner.amend(id, amendment.clone())).await
    }

    async fn apply(&self, report: Report) -> Result<ApplyOutcome, StoreError> {
        let name = format!("store.apply {}", report.registration_id);
        self.plan.around(name, || self.inner.apply(report.clone())).await
    }

    async fn overdue(&self, now: Timestamp, limit: usize) -> Result<Vec<TenantId>, StoreError> {
        self.plan.around("store.overdue".into(), || self.inner.overdue(now, limit)).await
    }

    async fn expire(&self, id: &TenantId) -> Result<bool, StoreError> {
        self.plan.around(format!("store.expire {id}"), || self.inner.expire(id)).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<TenantRecord>, StoreError> {
        self.plan.around(format!("store.tenant {id}"), || self.inner.tenant(id)).await
    }

    async fn registration(&self, id: &RegistrationId) -> Result<Option<TenantRecord>, StoreError> {
        self.plan.around(format!("store.registration {id}"), || self.inner.registration(id)).await
    }

    async fn tenant_named(&self, name: &TenantName) -> Result<Option<TenantRecord>, StoreError> {
        self.plan.around(format!("store.tenant_named {name}"), || self.inner.tenant_named(name)).await
    }

    async fn tenants(&self, page: PageRequest) -> Result<Page<Listed>, StoreError> {
        self.plan.around("store.tenants".into(), || self.inner.tenants(page.clone())).await
    }

    async fn raw(&self, id: &str) -> Result<Option<RawTenant>, StoreError> {
        self.plan.around(format!("store.raw {id}"), || self.inner.raw(id)).await
    }

    async fn operation(&self, id: &OperationId) -> Result<Option<Operation>, StoreError> {
        self.plan.around(format!("store.operation {id}"), || self.inner.operation(id)).await
    }

    async fn operations(&self, id: &TenantId, page: PageRequest) -> Result<Page<Operation>, StoreError> {
        self.plan.around(format!("store.operations {id}"), || self.inner.operations(id, page.clone())).await
    }

    async fn tiers_in_use(&self) -> Result<Vec<(String, Placement)>, StoreError> {
        self.plan.around("store.tiers_in_use".into(), || self.inner.tiers_in_use()).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.plan.around("store.ping".into(), || self.inner.ping()).await
    }
}
