//! Adopting the tenants of an SBT deployment: its two tables stay what they are, and each tenant gets what it lacks
//! to be ours: its record, the claim to its name, and the keys it is listed by. A tenant is one write, so that it may
//! be stopped anywhere and run again; what is ours already is passed over.

mod read;
mod tenant;

use std::collections::HashMap;

use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::StoreError;

use self::tenant::Candidate;
use crate::store::sbt;
use crate::table::{Database, Item, Place, Read, Table};

/// What becomes of one item of SBT's tables.
#[derive(Debug)]
pub enum Told {
    /// It is ours from now on, or would be.
    Adopted(Box<TenantRecord>),
    /// It was ours before.
    Ours,
    /// It stays as it is.
    Unfit(Unfit),
}

/// What cannot be adopted, and what somebody has to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Unfit {
    /// Such as `tenant 0199…`.
    pub what: String,
    pub why: String,
}

impl Unfit {
    fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

/// Adopting, or a look at what that would come to.
pub struct Adoption<'a> {
    pub database: &'a Database,
    /// Tells which tiers there are.
    pub catalogue: &'a Catalogue,
    /// Writes nothing.
    pub dry_run: bool,
}

impl Adoption<'_> {
    /// Tells of each item as it goes.
    pub async fn run(&self, mut told: impl FnMut(Told)) -> Result<(), StoreError> {
        // A registration that comes after this look is of a tenant that is unfit until the next run.
        let mut registrations = self.registrations().await?;
        let mut names = HashMap::new();
        let mut from = None;
        loop {
            let (items, next) = self.database.scan(Table::Tenants, from).await?;
            for item in items {
                told(self.one(&item, &mut registrations, &mut names).await?);
            }
            from = next;
            if from.is_none() {
                break;
            }
        }
        let mut orphans: Vec<_> = registrations.into_keys().collect();
        orphans.sort_unstable();
        for id in orphans {
            told(Told::Unfit(Unfit::new(
                format!("registration {id}"),
                "its tenant is not in the tenants' table; remove the registration if it is left over",
            )));
        }
        Ok(())
    }

    async fn one(
        &self,
        item: &Item,
        registrations: &mut HashMap<String, Item>,
        names: &mut HashMap<String, String>,
    ) -> Result<Told, StoreError> {
        let registration = item.maybe_text("tenantRegistrationId").and_then(|id| registrations.remove(id));
        if item.contains_key(sbt::VERSION) {
            return Ok(Told::Ours);
        }
        // Where SBT's item of a tenant does not say whose registration it is, the registration says so.
        let registration = registration.or_else(|| {
            let tenant = item.maybe_text("tenantId")?;
            let of_tenant = |r: &Item| r.maybe_text("tenantId") == Some(tenant);
            let id = registrations.iter().find(|(_, r)| of_tenant(r)).map(|(id, _)| id.clone())?;
            registrations.remove(&id)
        });
        let candidate = match Candidate::of(item, registration, self.catalogue) {
            Ok(candidate) => candidate,
            Err(unfit) => return Ok(Told::Unfit(unfit)),
        };
        if let Some(name) = candidate.live_name() {
            let id = candidate.id().to_string();
            if let Some(other) = names.insert(name.clone(), id) {
                names.insert(name.clone(), other.clone());
                return Ok(Told::Unfit(candidate.name_taken(&other)));
            }
        }
        candidate.adopt(self.database, self.dry_run).await
    }

    async fn registrations(&self) -> Result<HashMap<String, Item>, StoreError> {
        let (mut all, mut from): (_, Option<Place>) = (HashMap::new(), None);
        loop {
            let (items, next) = self.database.scan(Table::Registrations, from).await?;
            for item in items {
                all.insert(item.text("tenantRegistrationId")?.to_owned(), item);
            }
            from = next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }
}
