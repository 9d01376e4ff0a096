//! All registrations, which SBT finds by their own ids.

use std::collections::HashMap;

use tenantry_ports::store::StoreError;

use crate::table::{Database, Item, Place, Read, Table};

/// Those that no tenant has asked for yet.
pub struct Registrations {
    by_id: HashMap<String, Item>,
    by_tenant: HashMap<String, String>,
}

impl Registrations {
    pub async fn read(database: &Database) -> Result<Self, StoreError> {
        let mut all = Self { by_id: HashMap::new(), by_tenant: HashMap::new() };
        let mut from: Option<Place> = None;
        loop {
            let (items, next) = database.scan(Table::Registrations, from).await?;
            for item in items {
                let id = item.text("tenantRegistrationId")?.to_owned();
                if let Some(tenant) = item.maybe_text("tenantId") {
                    all.by_tenant.insert(tenant.to_owned(), id.clone());
                }
                all.by_id.insert(id, item);
            }
            from = next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }

    /// The tenant's. Where SBT's item of a tenant does not say whose registration it is, the registration says so.
    pub fn take(&mut self, tenant: &Item) -> Option<Item> {
        let named = tenant.maybe_text("tenantRegistrationId").and_then(|id| self.by_id.remove(id));
        named.or_else(|| self.by_id.remove(self.by_tenant.get(tenant.maybe_text("tenantId")?)?))
    }

    pub fn left(self) -> Vec<String> {
        let mut left: Vec<_> = self.by_id.into_keys().collect();
        left.sort_unstable();
        left
    }
}
