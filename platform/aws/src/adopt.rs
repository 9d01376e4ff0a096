//! Adopting the tenants of an SBT deployment: its two tables stay what they are, and each tenant gets what it lacks
//! to be ours: its record, the claim to its name, and the keys it is listed by. A tenant is one write, so that it may
//! be stopped anywhere and run again; what is ours already is passed over.

mod read;
mod registrations;
mod tenant;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::StoreError;

use self::registrations::Registrations;
use self::tenant::Candidate;
use crate::store::sbt;
use crate::table::{Database, Item, Table};

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

/// Whose each name is, of the tenants seen so far.
type Names = HashMap<String, String>;

impl Adoption<'_> {
    /// Tells of each item as it goes.
    pub async fn run(&self, mut told: impl FnMut(Told)) -> Result<(), StoreError> {
        // A registration that comes after this look is of a tenant that is unfit until the next run.
        let mut registrations = Registrations::read(self.database).await?;
        let (mut names, mut from) = (Names::new(), None);
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
        for id in registrations.left() {
            told(Told::Unfit(Unfit::new(
                format!("registration {id}"),
                "its tenant is not in the tenants' table; remove the registration if it is left over",
            )));
        }
        Ok(())
    }

    async fn one(&self, item: &Item, registrations: &mut Registrations, names: &mut Names) -> Result<Told, StoreError> {
        let registration = registrations.take(item);
        if item.contains_key(sbt::VERSION) {
            return Ok(Told::Ours);
        }
        let candidate = match Candidate::of(item, registration, self.catalogue) {
            Ok(candidate) => candidate,
            Err(unfit) => return Ok(Told::Unfit(unfit)),
        };
        if let Some(name) = candidate.live_name() {
            match names.entry(name) {
                Entry::Occupied(other) => return Ok(Told::Unfit(candidate.name_taken(other.get()))),
                Entry::Vacant(free) => drop(free.insert(candidate.id().to_string())),
            }
        }
        let what = format!("tenant {}", candidate.id());
        match candidate.adopt(self.database, self.dry_run).await {
            // What DynamoDB refuses of one tenant is not in the others' way.
            Err(StoreError::Broken { what: why, .. }) => Ok(Told::Unfit(Unfit::new(what, why))),
            other => other,
        }
    }
}
