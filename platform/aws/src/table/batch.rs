//! Many small writes that are no intent: each of them may happen without the others, and twice.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use tenantry_ports::store::StoreError;

use super::{Database, Key};

/// DynamoDB's bound for one `BatchWriteItem`.
const BATCH: usize = 25;

impl Database {
    /// Writes items that are nothing but their keys, whether they are there already or not.
    pub async fn put_keys(&self, keys: BTreeSet<Key>) -> Result<(), StoreError> {
        let keys: Vec<Key> = keys.into_iter().collect();
        for batch in keys.chunks(BATCH) {
            self.put_batch(batch).await?;
        }
        Ok(())
    }

    async fn put_batch(&self, keys: &[Key]) -> Result<(), StoreError> {
        let tables: BTreeSet<_> = keys.iter().map(|key| key.table).collect();
        let mut wanted: HashMap<String, Vec<WriteRequest>> = HashMap::new();
        for key in keys {
            let put = PutRequest::builder().set_item(Some(key.item())).build();
            let put = put.map_err(|e| StoreError::broken("a write could not be built", e))?;
            let table = self.inner.tables.name(key.table).to_owned();
            wanted.entry(table).or_default().push(WriteRequest::builder().put_request(put).build());
        }
        let mut attempts = self.attempts();
        loop {
            let put = || async {
                let put = self.client().batch_write_item().set_request_items(Some(wanted.clone())).send().await;
                put.map_err(|e| self.call_on("dynamodb:BatchWriteItem", &tables).fault(e))
            };
            wanted = self.patiently(put).await?.unprocessed_items.unwrap_or_default();
            wanted.retain(|_, left| !left.is_empty());
            if wanted.is_empty() {
                return Ok(());
            }
            // What was throttled, or met a transaction at the same item.
            if !attempts.again().await {
                return Err(StoreError::Busy { retry_after: Duration::from_secs(1) });
            }
        }
    }
}
