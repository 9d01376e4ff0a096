//! The provisioner's store: who wants looking at, who holds whom, and the inventory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tenantry_contract::attributes::Attributes;
use tenantry_contract::event::Verdict;
use tenantry_contract::id::{OperationId, WorkerId};
use tenantry_contract::operation::{Failure, Step};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_contract::time::Timestamp;

use crate::page::{Page, PageRequest};
use crate::store::StoreError;

#[async_trait]
pub trait WorkStore: Send + Sync {
    /// Look at these no later than `at`. A ring during a claim is kept: `release` never moves it later.
    async fn ring(&self, owners: &[Owner], at: Timestamp) -> Result<(), StoreError>;

    /// Look again at every owner with a watched resource, for a runtime that forgets when the machine restarts.
    async fn ring_watched(&self, at: Timestamp) -> Result<(), StoreError>;

    /// Claims up to `max` owners that are due and not held, until `until`. The first claim of an attempt starts
    /// its clock. Each claim's fence is greater than any before it for that owner.
    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<Claim>, StoreError>;

    /// The earliest moment at which somebody becomes due, if any will.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Holds on until `until`.
    async fn renew(&self, hold: &Hold, until: Timestamp) -> Result<Held, StoreError>;

    /// Writes what a worker did, in one step, if it still holds the owner. The inventory is kept whatever the
    /// generation; steps only if their attempt is still the newest; a verdict or a turn only if no newer desired
    /// state has come.
    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError>;

    /// Lets go; look again at `next`, or at a ring that came meanwhile, or never.
    async fn release(&self, hold: &Hold, next: Option<Timestamp>) -> Result<Held, StoreError>;

    async fn inventory(&self, owner: &Owner) -> Result<Vec<Entry>, StoreError>;

    /// The inventories of many, for those who go through all there are. One that has none is not in it.
    async fn inventories(&self, owners: &[Owner]) -> Result<BTreeMap<Owner, Vec<Entry>>, StoreError>;

    /// Owners that have an inventory, for the sweep and for a catalogue's check.
    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError>;
}

/// A claim's proof: a store refuses a write whose fence is not the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub owner: Owner,
    pub worker: WorkerId,
    pub fence: u64,
    /// The generation the worker decides by.
    pub generation: u64,
    /// The attempt the worker works on; it notes no step in another one.
    pub attempt: Option<(OperationId, u32)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    pub hold: Hold,
    pub until: Timestamp,
    /// None for the stage.
    pub record: Option<TenantRecord>,
    pub inventory: Vec<Entry>,
}

/// What one write of the engine says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    /// Lines to write, new or changed.
    pub entries: Vec<Entry>,
    /// Lines to strike: the thing is gone.
    pub gone: Vec<ResourceId>,
    /// Steps of the hold's attempt that changed.
    pub steps: Vec<Step>,
    /// Publish `provisionProgress` for these steps.
    pub announce: bool,
    /// Give the operation up: its things are to be removed.
    pub turn: Option<Failure>,
    /// Publish the report that ends the operation.
    pub verdict: Option<(Verdict, Attributes)>,
    /// Let go in the same write, as `release` does.
    pub release: Option<Release>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    pub next: Option<Timestamp>,
}

/// Whether the worker still holds the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It does; the owner's generation is now this. Greater than the hold's: look again.
    Still { generation: u64 },
    /// It does not, and nothing was written.
    Lost,
}
