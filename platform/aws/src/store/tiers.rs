//! Which tiers have tenants. An item for each tenant that is not deleted, in its tier's stretch of a list, as a
//! counter would be one item that every registration waits for; and an item for each tier that was ever used, written
//! by the first registration of a process that uses it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::StoreError;

use crate::table::{Database, Intent, Key, Query, Read, shard, sharded};

/// Tiers that are known to be written down: they are never struck.
#[derive(Default)]
pub(crate) struct KnownTiers(Mutex<HashSet<String>>);

impl KnownTiers {
    fn has(&self, tier: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(tier)
    }

    pub fn note(&self, record: &TenantRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name(record.placement, &record.tier));
    }
}

/// A tier may have any name, also one with our separator in it.
fn name(placement: Placement, tier: &str) -> String {
    format!("{}#{}", placement.as_str(), tier.replace('%', "%25").replace('#', "%23"))
}

fn live_key(record: &TenantRecord) -> Key {
    let id = record.tenant_id.as_str();
    Key::of(sharded("live", shard(id)), format!("{}#{id}", name(record.placement, &record.tier)))
}

/// The tenant counts as one of its tier from now on. To be noted as known once it is written.
pub fn count(intent: &mut Intent<'_>, known: &KnownTiers, record: &TenantRecord) {
    intent.put(live_key(record), []);
    let tier = name(record.placement, &record.tier);
    if !known.has(&tier) {
        let text = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
        let attributes = [text("tier", &record.tier), text("placement", record.placement.as_str())];
        intent.put(Key::of("tiers", tier), attributes);
    }
}

/// The tenant does not count any more.
pub fn uncount(intent: &mut Intent<'_>, record: &TenantRecord) {
    intent.delete(live_key(record));
}

pub async fn in_use(database: &Database) -> Result<Vec<(String, Placement)>, StoreError> {
    let known = database.query(&Query::of("tiers"), usize::MAX).await?;
    let looks = known.iter().map(async |item| {
        let (tier, placement) = (item.text("tier")?, item.text("placement")?);
        let placement = Placement::parse(placement).ok_or_else(|| item.broken("placement", "a placement"))?;
        let prefix = format!("{}#", name(placement, tier));
        let one = database.merged("live", 1, |query| query.prefix(&prefix)).await?;
        Ok::<_, StoreError>((!one.is_empty()).then(|| (tier.to_owned(), placement)))
    });
    Ok(try_join_all(looks).await?.into_iter().flatten().collect())
}
