//! A table in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tenantry_contract::id::TenantId;
use tenantry_ports::data::{DataError, Existing, Item, PageSize, TenantTable, json_bytes};
use tenantry_ports::page::{Page, PageRequest, Position};

type Rows = BTreeMap<(TenantId, String), Item>;

#[derive(Debug, Default)]
pub struct MemoryTable(Mutex<Rows>);

impl MemoryTable {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TenantTable for MemoryTable {
    async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Item>, DataError> {
        Ok(self.rows().get(&(tenant.clone(), key.to_owned())).cloned())
    }

    async fn put(&self, tenant: &TenantId, key: &str, item: Item, only_if: Existing) -> Result<bool, DataError> {
        let mut rows = self.rows();
        let key = (tenant.clone(), key.to_owned());
        let holds = match only_if {
            Existing::Either => true,
            Existing::Absent => !rows.contains_key(&key),
            Existing::Present => rows.contains_key(&key),
        };
        if holds {
            rows.insert(key, item);
        }
        Ok(holds)
    }

    async fn delete(&self, tenant: &TenantId, key: &str) -> Result<bool, DataError> {
        Ok(self.rows().remove(&(tenant.clone(), key.to_owned())).is_some())
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<Item>, DataError> {
        let rows = self.rows();
        let after = page.after.map(|position| position.0);
        let own = rows.iter().filter(|((owner, key), _)| owner == tenant && after.as_ref().is_none_or(|a| key > a));
        let (mut found, mut size, mut next) = (Page { items: Vec::new(), next: None }, PageSize::default(), None);
        for ((_, key), item) in own {
            if found.items.len() == page.limit || !size.takes(json_bytes(item)) {
                found.next = next;
                break;
            }
            found.items.push(item.clone());
            next = Some(Position(key.clone()));
        }
        Ok(found)
    }
}
