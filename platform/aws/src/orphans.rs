//! Orphans that sweeps found: `pk` `orphans`, `sk` the orphan's id. There are few, so one partition holds them. A
//! requested removal has an item of its own beside it: `pk` `orphan-removals`, the same `sk`.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::event;
use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::store::StoreError;

use crate::table::{Database, Expression, Item, Key, Outcome, Query, Read, cut};

const PARTITION: &str = "orphans";
const REMOVALS: &str = "orphan-removals";

#[async_trait]
impl OrphanStore for Database {
    async fn record_orphans(&self, found: Vec<Orphan>) -> Result<usize, StoreError> {
        let known = self.get_all(found.iter().map(|orphan| key(&orphan.id)).collect()).await?;
        let mut new = 0;
        for orphan in found.iter().filter(|orphan| !known.contains_key(&key(&orphan.id))) {
            let mut intent = self.intent();
            let json = serde_json::to_string(orphan)
                .map_err(|e| StoreError::broken(format!("{} cannot be written as JSON", orphan.id), e))?;
            intent.insert(key(&orphan.id), [("orphan".to_owned(), AttributeValue::S(json))]);
            intent.announce(orphan.owner.tenant(), vec![event::orphan_found(orphan)])?;
            // Another provisioner may have recorded it meanwhile.
            new += usize::from(matches!(intent.commit().await?, Outcome::Written));
        }
        Ok(new)
    }

    async fn orphans(&self, page: PageRequest) -> Result<Page<Orphan>, StoreError> {
        let query = Query::of(PARTITION);
        let query = match &page.after {
            Some(position) => query.after(&position.0),
            None => query,
        };
        let items = self.query(&query, page.limit.saturating_add(1)).await?;
        let orphans = items.iter().map(|item| read(item).map(|orphan| (orphan.id.to_string(), orphan)));
        Ok(cut(orphans.collect::<Result<_, _>>()?, page.limit))
    }

    async fn orphan(&self, id: &OrphanId) -> Result<Option<Orphan>, StoreError> {
        self.get(&key(id)).await?.map(|item| read(&item)).transpose()
    }

    async fn request_orphan_removal(&self, id: &OrphanId) -> Result<Option<Orphan>, StoreError> {
        let mut intent = self.intent();
        let now = intent.now;
        let update = Expression::new("SET #removal = if_not_exists(#removal, :now)").moment("now", now);
        intent.update_if(key(id), update, Expression::new("attribute_exists(#pk)"));
        intent.put(Key::of(REMOVALS, id.as_str()), []);
        match intent.commit().await? {
            Outcome::Written => self.orphan(id).await,
            Outcome::Refused(_) => Ok(None),
        }
    }

    async fn requested_orphan_removals(&self, limit: usize) -> Result<Vec<Orphan>, StoreError> {
        let requested = self.query(&Query::of(REMOVALS), limit).await?;
        let keys = requested.iter().map(|item| Ok(Key::of(PARTITION, item.text("sk")?)));
        let found = self.get_all(keys.collect::<Result<_, StoreError>>()?).await?;
        found.values().map(read).collect()
    }

    async fn forget_orphan(&self, id: &OrphanId) -> Result<(), StoreError> {
        let mut intent = self.intent();
        intent.delete(key(id));
        intent.delete(Key::of(REMOVALS, id.as_str()));
        intent.commit().await.map(drop)
    }
}

fn key(id: &OrphanId) -> Key {
    Key::of(PARTITION, id.as_str())
}

fn read(item: &Item) -> Result<Orphan, StoreError> {
    let orphan: Orphan = item.json("orphan")?;
    let removal_requested = item.attribute("removal").map(|_| item.moment("removal")).transpose()?;
    Ok(Orphan { removal_requested, ..orphan })
}
