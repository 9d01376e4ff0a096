//! Tenants, registrations and operations: the control plane's store.

use async_trait::async_trait;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Report;
use tenantry_contract::id::{OperationId, RegistrationId, TenantId};
use tenantry_contract::lifecycle::{AmendRefused, Amendment, Begin, Ignored, NewTenant, Refused};
use tenantry_contract::name::TenantName;
use tenantry_contract::operation::{Budget, Operation};
use tenantry_contract::record::{Salvaged, TenantRecord};
use tenantry_contract::time::Timestamp;

use crate::error::port_error;
use crate::keys::{KeyUse, StoredAnswer};
use crate::page::{Page, PageRequest};

port_error!(
    /// Why a store did not do what it was asked.
    StoreError,
    "store"
);

/// Every write loads what it decides on, decides by `tenantry_contract::lifecycle`, and writes the new record,
/// its operation and its events in one atomic step. Ids, time and the events' sources are the adapter's.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// A new tenant, its registration, its operation and the `onboardingRequest`. With a key, the answer that
    /// `answer` renders is kept under it in the same write.
    async fn register(&self, new: NewTenant, key: Option<KeyUse>) -> Result<Registered, StoreError>;

    /// Begins an offboarding or a retry. The budget is the tier's of today. An offboarding takes a record that cannot be
    /// read for what is left of it, and writes that.
    async fn begin(
        &self,
        id: &RegistrationId,
        what: Begin,
        budget: Budget,
        traceparent: Option<String>,
        key: Option<KeyUse>,
    ) -> Result<BeginOutcome, StoreError>;

    /// Merges what a client sent.
    async fn amend(&self, id: &RegistrationId, amendment: Amendment) -> Result<AmendOutcome, StoreError>;

    /// Takes an application plane's report, once per event key.
    async fn apply(&self, report: Report) -> Result<ApplyOutcome, StoreError>;

    /// Operations whose time had passed at `now`, oldest first.
    async fn overdue(&self, now: Timestamp, limit: usize) -> Result<Vec<TenantId>, StoreError>;

    /// What `lifecycle::expire` says of the tenant now, with its inventory as what remains. True if it changed.
    async fn expire(&self, id: &TenantId) -> Result<bool, StoreError>;

    async fn tenant(&self, id: &TenantId) -> Result<Option<TenantRecord>, StoreError>;

    async fn registration(&self, id: &RegistrationId) -> Result<Option<TenantRecord>, StoreError>;

    /// The tenant of that name that is not deleted.
    async fn tenant_named(&self, name: &TenantName) -> Result<Option<TenantRecord>, StoreError>;

    /// One whose record cannot be read is listed as such. One that is listed and not there is passed over.
    async fn tenants(&self, page: PageRequest) -> Result<Page<Listed>, StoreError>;

    /// The record as it is kept, of the tenant or of the registration of that id.
    async fn raw(&self, id: &str) -> Result<Option<RawTenant>, StoreError>;

    async fn operation(&self, id: &OperationId) -> Result<Option<Operation>, StoreError>;

    /// A tenant's operations, newest first.
    async fn operations(&self, id: &TenantId, page: PageRequest) -> Result<Page<Operation>, StoreError>;

    /// Tiers of tenants that are not deleted, as they were sent, each with every placement its tenants have.
    async fn tiers_in_use(&self) -> Result<Vec<(String, Placement)>, StoreError>;

    /// Whether it answers at all.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// A tenant of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    Tenant(Box<TenantRecord>),
    Unreadable(Unreadable),
}

/// A tenant whose record cannot be read: what can be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub tenant_id: Option<TenantId>,
    pub registration_id: Option<RegistrationId>,
    pub name: Option<String>,
    pub why: String,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RawTenant {
    pub text: String,
    /// Why it cannot be read; none if it can.
    pub unreadable: Option<String>,
    /// What is left of one that cannot be read.
    pub salvaged: Option<Salvaged>,
}

impl Listed {
    /// The record, if it can be read.
    pub fn record(self) -> Option<TenantRecord> {
        match self {
            Self::Tenant(record) => Some(*record),
            Self::Unreadable(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Registered {
    New(Box<TenantRecord>),
    /// A tenant that is not deleted has the name.
    NameTaken,
    /// A pooled tenant that is not deleted has the admin's e-mail.
    EmailTaken,
    /// The key was used before, for the same request.
    Replayed(StoredAnswer),
    /// The key was used before, for another request.
    KeyReused,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BeginOutcome {
    Begun(Box<TenantRecord>),
    /// It was under way or done already.
    Unchanged(Box<TenantRecord>),
    Refused(Refused),
    NotFound,
    Replayed(StoredAnswer),
    KeyReused,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AmendOutcome {
    Amended(Box<TenantRecord>),
    Refused(AmendRefused),
    EmailTaken,
    NotFound,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ApplyOutcome {
    Applied {
        record: Box<TenantRecord>,
        /// Server-owned members the report tried to change, to be logged.
        dropped: Vec<String>,
    },
    Ignored(Ignored),
}
