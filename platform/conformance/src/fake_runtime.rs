//! A small cloud in memory that behaves like one: some kinds it names itself and only tags tell whose they are,
//! things take a while, what is not there cannot be built upon, and what others stand on cannot be removed.

mod cloud;
mod lower;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::{Entry, Outputs, Owner, Resource, ResourceId};
use tenantry_contract::want::Desired;
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::{Condition, Inputs, Runtime, RuntimeError, Step, Tagged};

use self::cloud::{Cloud, is_listed};

/// How long a caller is told to wait for what is under way.
const SOON: Duration = Duration::from_millis(50);

/// Clones are handles on the same cloud.
#[derive(Debug, Clone, Default)]
pub struct FakeRuntime(Arc<Mutex<Cloud>>);

impl FakeRuntime {
    pub fn new() -> Self {
        Self::default()
    }

    /// Things of this kind answer "not yet" so many times while they are made, and again while they go.
    #[must_use]
    pub fn slow(self, kind: &str, times: u32) -> Self {
        self.cloud().slow.insert(kind.to_owned(), times);
        self
    }

    /// How often each thing was made.
    pub fn made(&self) -> BTreeMap<(Owner, ResourceId), u32> {
        self.cloud().made.clone()
    }

    /// What there is.
    pub fn things(&self) -> Vec<Tagged> {
        self.cloud().things.values().map(|thing| thing.tagged.clone()).collect()
    }

    /// What an owner has.
    pub fn of(&self, owner: &Owner) -> BTreeSet<ResourceId> {
        self.things().into_iter().filter(|t| &t.owner == owner).map(|t| t.resource).collect()
    }

    /// Calls that a careful caller never makes: building upon what is not there, removing what is stood upon.
    pub fn trespasses(&self) -> Vec<String> {
        self.cloud().trespasses.clone()
    }

    /// Makes a thing differ from its spec.
    pub fn drift(&self, owner: &Owner, resource: &ResourceId) {
        for thing in self.cloud().of_mut(owner, resource) {
            thing.drifted = true;
        }
    }

    /// Makes a thing vanish.
    pub fn lose(&self, owner: &Owner, resource: &ResourceId) {
        self.cloud().things.retain(|_, t| (&t.tagged.owner, &t.tagged.resource) != (owner, resource));
    }

    /// Makes a second thing of the same tags, as two do who look for it at the same moment and both find nothing.
    pub fn twin(&self, owner: &Owner, resource: &ResourceId) {
        self.cloud().twin(owner, resource);
    }

    /// The spec hash a thing was last brought to.
    pub fn spec_hash(&self, owner: &Owner, resource: &ResourceId) -> Option<String> {
        self.cloud().find(owner, resource, None).map(|thing| thing.spec_hash.clone())
    }

    fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Runtime for FakeRuntime {
    fn lower(&self, desired: &Desired) -> Result<Vec<Resource>, RuntimeError> {
        Ok(lower::lower(desired))
    }

    async fn ensure(
        &self,
        owner: &Owner,
        resource: &Resource,
        prior: Option<&Entry>,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        // Others run between a call and its answer, as over a network.
        tokio::task::yield_now().await;
        let answer = self.cloud().ensure(owner, resource, prior, inputs);
        tokio::task::yield_now().await;
        answer
    }

    async fn inspect(&self, owner: &Owner, entry: &Entry) -> Result<Condition, RuntimeError> {
        let cloud = self.cloud();
        let Some(thing) = cloud.find(owner, &entry.resource.id, entry.outputs()) else {
            return Ok(Condition::Drifted("it is not there".into()));
        };
        let sound = !thing.drifted && thing.settles == 0 && thing.spec_hash == entry.resource.spec_hash;
        Ok(if sound { Condition::Sound } else { Condition::Drifted("it is not as its spec says".into()) })
    }

    async fn remove(&self, owner: &Owner, entry: &Entry) -> Result<Step<()>, RuntimeError> {
        tokio::task::yield_now().await;
        let answer = self.cloud().remove(owner, entry);
        tokio::task::yield_now().await;
        answer
    }

    fn holds_data(&self, kind: &str) -> bool {
        matches!(kind, "pool" | "table" | "rows")
    }

    async fn owned(&self, page: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        let after = page.after.map(|position| position.0);
        let cloud = self.cloud();
        let listed = cloud.things.iter().filter(|(_, thing)| is_listed(&thing.tagged.kind));
        let mut rest = listed.filter(|(native, _)| after.as_ref().is_none_or(|a| *native > a));
        let items: Vec<Tagged> = rest.by_ref().take(page.limit).map(|(_, thing)| thing.tagged.clone()).collect();
        let next = rest.next().and(items.last().map(|last| Position(last.native.clone())));
        Ok(Page { items, next })
    }

    async fn discard(&self, thing: &Tagged) -> Result<Step<()>, RuntimeError> {
        tokio::task::yield_now().await;
        self.cloud().discard(&thing.native)
    }
}

#[async_trait]
impl Routes for FakeRuntime {
    async fn locate(&self, owner: &Owner, service: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError> {
        let id = ResourceId::new("service", service.as_str());
        let cloud = self.cloud();
        let port = cloud.find(owner, &id, None).filter(|t| !t.drifted && t.settles == 0).map(|t| t.port);
        Ok(port.map(|port| SocketAddr::from(([127, 0, 0, 1], port))))
    }

    fn forget(&self, _: &Owner, _: &ServiceName, _: SocketAddr) {}
}
