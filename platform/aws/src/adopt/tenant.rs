//! One tenant that is to be adopted.

use tenantry_contract::catalogue::{Catalogue, Placement};
use tenantry_contract::id::TenantId;
use tenantry_contract::lifecycle::{Foundling, adopt};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_ports::ids::MintIds;
use tenantry_ports::store::StoreError;

use super::read::foundling;
use super::{Told, Unfit};
use crate::store::indexed::{name_key, of_tenant, operation_key};
use crate::store::{index, sbt};
use crate::table::{Database, Expression, Item, Key, Outcome, Read};

/// A tenant that can be read, with its items as they were read.
pub struct Candidate<'a> {
    found: Foundling,
    tenant: &'a Item,
    registration: Item,
    catalogue: &'a Catalogue,
}

impl<'a> Candidate<'a> {
    pub fn of(tenant: &'a Item, registration: Option<Item>, catalogue: &'a Catalogue) -> Result<Self, Unfit> {
        let what = format!("tenant {}", tenant.maybe_text("tenantId").unwrap_or_default());
        let Some(registration) = registration else {
            return Err(Unfit::new(
                what,
                "it has no registration; write one that names it into the registrations' table",
            ));
        };
        match foundling(tenant, &registration, catalogue) {
            Ok(found) => Ok(Self { found, tenant, registration, catalogue }),
            Err(why) => Err(Unfit::new(what, why)),
        }
    }

    pub fn id(&self) -> &TenantId {
        &self.found.tenant_id
    }

    /// The name that it claims.
    pub fn live_name(&self) -> Option<String> {
        (self.found.status != Status::Deleted).then(|| self.found.name.to_string())
    }

    pub fn name_taken(&self, other: &str) -> Unfit {
        let why = format!("its name {} is the tenant {other}'s as well; change one in the table", self.found.name);
        Unfit::new(format!("tenant {}", self.found.tenant_id), why)
    }

    /// One write, on condition that nobody was there before.
    pub async fn adopt(self, database: &Database, dry_run: bool) -> Result<Told, StoreError> {
        if self.live_name().is_some()
            && let Some(claim) = database.get(&name_key(&self.found.name)).await?
        {
            // Another run may be here as well, and have been faster.
            let holder = claim.text("tenantId")?;
            let ours = holder == self.id().as_str();
            return Ok(if ours { Told::Ours } else { Told::Unfit(self.name_taken(holder)) });
        }
        let mut intent = database.intent();
        let tier = self.catalogue.tier(&self.found.tier).filter(|tier| tier.placement == Placement::External);
        let budget = tier.map_or_else(|| Placement::External.default_budget(), |tier| tier.budget);
        let record = adopt(self.found.clone(), database.ids().operation(), budget, intent.now);
        if dry_run {
            return Ok(Told::Adopted(Box::new(record)));
        }
        let id = &record.tenant_id;
        let (kept, once) = (ours(&record)?, Expression::absent(sbt::VERSION));
        let unchanged = Expression::unchanged(self.tenant).and(once);
        let tenant = intent.update_if(Key::tenant(id), kept, unchanged);
        let registration = Key::registration(&record.registration_id);
        let registration = intent.check(registration, Expression::unchanged(&self.registration));
        let indexed = index(&mut intent, &database.inner.tiers, &record);
        if let Some(operation) = &record.operation {
            intent.put(operation_key(&operation.id), of_tenant(id));
        }
        let refused = match intent.commit().await? {
            Outcome::Written => {
                database.inner.tiers.note(&record);
                return Ok(Told::Adopted(Box::new(record)));
            }
            Outcome::Refused(refused) => refused,
        };
        if refused.item(tenant).is_some_and(|item| item.contains_key(sbt::VERSION)) {
            return Ok(Told::Ours);
        }
        if refused.is(tenant) || refused.is(registration) {
            let why = "it was changed while it was read; stop what writes it, and run this again";
            return Ok(Told::Unfit(Unfit::new(format!("tenant {id}"), why)));
        }
        match indexed.name.and_then(|action| refused.item(action)) {
            Some(claim) => Ok(Told::Unfit(self.name_taken(claim.text("tenantId")?))),
            None => Err(StoreError::Broken { what: format!("adopting the tenant {id} was refused"), cause: None }),
        }
    }
}

/// What is added to SBT's item of a tenant. All that is in it stays.
fn ours(record: &TenantRecord) -> Result<Expression, StoreError> {
    let mut item = sbt::tenant_item(record, 1)?;
    let mut set = Expression::new(format!("SET #{} = :record, #{} = :version", sbt::RECORD, sbt::VERSION));
    for (name, value) in [("record", item.remove(sbt::RECORD)), ("version", item.remove(sbt::VERSION))] {
        let value =
            value.ok_or_else(|| StoreError::Broken { what: format!("a record without {name}"), cause: None })?;
        set = set.value(name, value);
    }
    Ok(set)
}
