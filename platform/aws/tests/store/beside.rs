//! Ports beside the ones under test, as far as their suites use them.

use async_trait::async_trait;
use tenantry_aws::table::{Database, Key, Read};
use tenantry_contract::id::{TenantId, WorkerId};
use tenantry_contract::resource::{Entry, Owner};
use tenantry_contract::time::Timestamp;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;
use tenantry_ports::work::{Claim, Done, Held, Hold, WorkStore};

pub struct Beside(pub Database);

const NOT_HERE: &str = "no case of the store's or the log's does this";

#[async_trait]
impl WorkStore for Beside {
    async fn ring(&self, _: &[Owner], _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn ring_watched(&self, _: Timestamp) -> Result<(), StoreError> {
        panic!("{NOT_HERE}")
    }

    async fn claim(
        &self,
        worker: &WorkerId,
        _: Timestamp,
        until: Timestamp,
        _: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let listed = self.0.merged("tenants", 1, |query| query).await?;
        let owner = Owner::Tenant(TenantId::parse(listed[0].text("sk")?).unwrap());
        let hold = Hold { owner, worker: worker.clone(), fence: 1, generation: 1, attempt: None };
        Ok(vec![Claim { hold, until, record: None, inventory: Vec::new() }])
    }

    /// What a write of the store rang.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let rung = self.0.merged("rings", 1, |query| query).await?;
        let at = rung.first().and_then(|item| item.maybe_text("sk")?.split('#').next()?.parse().ok());
        Ok(at.map(Timestamp::from_millis))
    }

    async fn renew(&self, _: &Hold, _: Timestamp) -> Result<Held, StoreError> {
        panic!("{NOT_HERE}")
    }

    async fn record(&self, hold: &Hold, done: Done) -> Result<Held, StoreError> {
        let mut intent = self.0.intent();
        for entry in done.entries {
            let owner = hold.owner.tenant().unwrap();
            intent.put(Key::of(format!("tenant#{owner}"), format!("inventory#{}", entry.resource.id)), []);
        }
        intent.commit().await?;
        Ok(Held::Still { generation: 1 })
    }

    async fn release(&self, _: &Hold, _: Option<Timestamp>) -> Result<Held, StoreError> {
        panic!("{NOT_HERE}")
    }

    async fn inventory(&self, _: &Owner) -> Result<Vec<Entry>, StoreError> {
        panic!("{NOT_HERE}")
    }

    async fn owners(&self, _: PageRequest) -> Result<Page<Owner>, StoreError> {
        panic!("{NOT_HERE}")
    }
}
