//! The handle that the store's ports are implemented on.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use tenantry_contract::event::Sources;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;

use super::attempts::quick_to_try_again;
use super::{Outgoing, Table, Tables};
use crate::fault::{Call, call};
use crate::log::Tail;
use crate::store::KnownTiers;

/// What a database stands on.
#[derive(Clone)]
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub sources: Sources,
}

/// All ports of the store in one handle.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub client: Client,
    pub tables: Tables,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub sources: Sources,
    /// What this process's relay is to carry to the bus.
    pub outgoing: Outgoing,
    pub tiers: KnownTiers,
    pub tail: Tail,
}

impl Database {
    /// Where the SDK's configuration leads. Nothing is asked yet.
    pub fn open(sdk: &SdkConfig, tables: Tables, deps: Deps) -> Self {
        Self::new(&Client::new(sdk), tables, deps)
    }

    pub fn new(client: &Client, tables: Tables, deps: Deps) -> Self {
        let Deps { clock, ids, sources } = deps;
        Self {
            inner: Arc::new(Inner {
                client: quick_to_try_again(client),
                tables,
                clock,
                ids,
                sources,
                outgoing: Outgoing::default(),
                tiers: KnownTiers::default(),
                tail: Tail::default(),
            }),
        }
    }

    pub fn tables(&self) -> &Tables {
        &self.inner.tables
    }

    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn ids(&self) -> &dyn Ids {
        &*self.inner.ids
    }

    /// Names a call on a table, for its errors.
    pub(crate) fn call(&self, name: &'static str, table: Table) -> Call {
        call(name, format!("table {}", self.inner.tables.name(table)))
    }

    /// The same of a call on several: AWS's words for a table that is not there do not say which.
    pub(crate) fn call_on(&self, name: &'static str, tables: &BTreeSet<Table>) -> Call {
        let names: Vec<&str> = tables.iter().map(|table| self.inner.tables.name(*table)).collect();
        call(name, format!("table{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", ")))
    }
}
