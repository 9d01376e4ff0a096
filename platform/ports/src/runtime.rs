//! The runtime: makes, mends and removes resources, one step at a time, and never waits.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::resource::{Entry, Need, Outputs, Owner, Resource, ResourceId};
use tenantry_contract::want::Desired;

use crate::error::Cause;
use crate::page::{Page, PageRequest};

/// What the outputs of a resource's needs are.
pub type Inputs = std::collections::BTreeMap<Need, Outputs>;

#[async_trait]
pub trait Runtime: Send + Sync {
    /// From what a plan wants to native resources. Pure: the same wants give the same resources.
    fn lower(&self, desired: &Desired) -> Result<Vec<Resource>, RuntimeError>;

    /// Brings a resource to its spec: finds it by name or tag, adopts it, makes it, or changes it. Called again
    /// until `Ready`; `prior` is what the inventory says of it.
    async fn ensure(
        &self,
        owner: &Owner,
        resource: &Resource,
        prior: Option<&Entry>,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError>;

    /// Reads whether a present resource is as it should be.
    async fn inspect(&self, owner: &Owner, entry: &Entry) -> Result<Condition, RuntimeError>;

    /// Removes what an inventory line names, whether it exists or not. Called again until `Ready`.
    async fn remove(&self, owner: &Owner, entry: &Entry) -> Result<Step<()>, RuntimeError>;

    /// Whether removing a thing of this kind may lose a tenant's data. True for a kind that the runtime does not know.
    fn holds_data(&self, kind: &str) -> bool;

    /// Everything that carries our tags, for the sweep.
    async fn owned(&self, page: PageRequest) -> Result<Page<Tagged>, RuntimeError>;

    /// Removes a thing that no inventory names. Called again until `Ready`.
    async fn discard(&self, thing: &Tagged) -> Result<Step<()>, RuntimeError>;
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step<T> {
    Ready(T),
    /// Under way; ask again after `after`.
    Pending {
        after: Duration,
        why: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Sound,
    /// It is not as its spec says, or not there: to be ensured again.
    Drifted(String),
}

/// A thing that exists and says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    pub owner: Owner,
    pub resource: ResourceId,
    pub kind: String,
    /// The adapter's own name for it. Where two things can carry one resource's tags, because the runtime names
    /// them itself, this is also one of the resource's outputs: so the sweep tells the recorded one from its twin.
    pub native: String,
}

#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Trying again may help.
    #[error("{what}")]
    Transient {
        what: String,
        retry_after: Option<Duration>,
        #[source]
        cause: Option<Cause>,
    },
    /// It will not.
    #[error("{what}")]
    Permanent {
        what: String,
        #[source]
        cause: Option<Cause>,
    },
}

impl RuntimeError {
    pub fn transient(what: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self::Transient { what: what.into(), retry_after: None, cause: Some(cause.into()) }
    }

    pub fn permanent(what: impl Into<String>) -> Self {
        Self::Permanent { what: what.into(), cause: None }
    }

    pub fn retryable(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }
}
