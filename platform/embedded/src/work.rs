//! Who wants looking at, who holds whom, and the inventory.

mod claim;
mod inventory;
mod record;
mod ring;

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::ToSql;
use rusqlite::types::{FromSqlError, ToSqlOutput, ValueRef};
use tenantry_contract::id::{TenantId, WorkerId};
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Done, Held, Hold, Release, WorkStore};

pub(crate) use self::claim::lapse;
pub(crate) use self::inventory::resource_names;
pub(crate) use self::ring::{ring, settle};
use crate::database::{Database, IdKey, read_id};

#[async_trait]
impl WorkStore for Database {
    async fn ring(&self, owners: &[Owner], at: Timestamp) -> Result<(), StoreError> {
        if owners.is_empty() {
            return Ok(());
        }
        let owners = owners.to_vec();
        Ok(self.change_behind(move |change| owners.iter().try_for_each(|owner| ring(change, owner, at))).await?)
    }

    async fn ring_watched(&self, at: Timestamp) -> Result<(), StoreError> {
        Ok(self.change_behind(move |change| ring::watched(change, at)).await?)
    }

    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        // Most of the time nobody is due, and finding that out needs no write.
        if self.next_due().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let worker = worker.clone();
        Ok(self.change_behind(move |change| claim::claim(change, &worker, now, until, max)).await?)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.inner.sqlite.read(ring::next_due).await?)
    }

    async fn renew(&self, hold: &Hold, until: Timestamp) -> Result<Held, StoreError> {
        let hold = hold.clone();
        Ok(self.change_behind(move |change| claim::renew(change, &hold, until)).await?)
    }

    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError> {
        let hold = hold.clone();
        Ok(self.change_behind(move |change| record::record(change, &hold, done)).await?)
    }

    async fn release(&self, hold: &Hold, next: Option<Timestamp>) -> Result<Held, StoreError> {
        let done = Done { release: Some(Release { next }), ..Done::default() };
        self.record(hold, done).await
    }

    async fn inventory(&self, owner: &Owner) -> Result<Vec<Entry>, StoreError> {
        let owner = owner.clone();
        Ok(self.inner.sqlite.read(move |c| inventory::of(c, &owner)).await?)
    }

    async fn inventories(&self, owners: &[Owner]) -> Result<BTreeMap<Owner, Vec<Entry>>, StoreError> {
        let owners = owners.to_vec();
        Ok(self.inner.sqlite.read(move |c| inventory::of_all(c, owners)).await?)
    }

    async fn owners(&self, page: PageRequest) -> Result<Page<Owner>, StoreError> {
        Ok(self.inner.sqlite.read(move |c| inventory::owners(c, &page)).await?)
    }
}

/// An owner as a column: 0 for the stage, which sorts before every tenant's id.
struct OwnerKey<'a>(&'a Owner);

impl ToSql for OwnerKey<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        match self.0 {
            Owner::Stage => Ok(ToSqlOutput::from(0_i64)),
            Owner::Tenant(id) => Ok(match IdKey(id.as_str()).to_sql()? {
                ToSqlOutput::Owned(value) => ToSqlOutput::Owned(value),
                _ => ToSqlOutput::Borrowed(ValueRef::Text(id.as_str().as_bytes())),
            }),
        }
    }
}

fn read_owner(value: ValueRef<'_>) -> Result<Owner, FromSqlError> {
    if matches!(value, ValueRef::Integer(_)) {
        return Ok(Owner::Stage);
    }
    TenantId::parse(read_id(value)?).map(Owner::Tenant).map_err(|e| FromSqlError::Other(e.into()))
}
