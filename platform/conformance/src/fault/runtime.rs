//! A [`Runtime`] that fails on purpose. `lower` is pure and never does.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_contract::resource::{Entry, Outputs, Owner, Resource};
use tenantry_contract::want::Desired;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::runtime::{Condition, Inputs, Runtime, RuntimeError, Step, Tagged};

use super::Plan;

pub struct FaultyRuntime {
    inner: Arc<dyn Runtime>,
    plan: Plan,
}

impl FaultyRuntime {
    pub fn new(inner: Arc<dyn Runtime>, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl Runtime for FaultyRuntime {
    fn lower(&self, desired: &Desired) -> Result<Vec<Resource>, RuntimeError> {
        self.inner.lower(desired)
    }

    async fn ensure(
        &self,
        owner: &Owner,
        resource: &Resource,
        prior: Option<&Entry>,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        let name = format!("runtime.ensure {} {owner}", resource.id);
        self.plan.around(name, || self.inner.ensure(owner, resource, prior, inputs)).await
    }

    async fn inspect(&self, owner: &Owner, entry: &Entry) -> Result<Condition, RuntimeError> {
        let name = format!("runtime.inspect {} {owner}", entry.resource.id);
        self.plan.around(name, || self.inner.inspect(owner, entry)).await
    }

    async fn remove(&self, owner: &Owner, entry: &Entry) -> Result<Step<()>, RuntimeError> {
        let name = format!("runtime.remove {} {owner}", entry.resource.id);
        self.plan.around(name, || self.inner.remove(owner, entry)).await
    }

    fn holds_data(&self, kind: &str) -> bool {
        self.inner.holds_data(kind)
    }

    async fn owned(&self, page: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        self.plan.around("runtime.owned".into(), || self.inner.owned(page.clone())).await
    }

    async fn discard(&self, thing: &Tagged) -> Result<Step<()>, RuntimeError> {
        let name = format!("runtime.discard {} {}", thing.resource, thing.owner);
        self.plan.around(name, || self.inner.discard(thing)).await
    }
}
