//! `Idempotency-Key`s of requests whose work is no write of the store. The same items as those that ride on a write.

use async_trait::async_trait;
use tenantry_ports::keys::{Key as ClientsKey, KeyStore, StoredAnswer, Taken};
use tenantry_ports::store::StoreError;

use crate::store::used_key::{keep, known, take};
use crate::table::{Database, Outcome};

#[async_trait]
impl KeyStore for Database {
    async fn take(&self, key: &ClientsKey) -> Result<Taken, StoreError> {
        let mut intent = self.intent();
        let (taken, now) = (take(&mut intent, key), intent.now);
        match intent.commit().await? {
            Outcome::Written => Ok(Taken::New),
            Outcome::Refused(refused) => match known(refused.item(taken), key, now)? {
                // It was swept after the condition had failed.
                Taken::New => Err(StoreError::Busy { retry_after: std::time::Duration::from_millis(100) }),
                known => Ok(known),
            },
        }
    }

    /// An answer that is there stays: a refusal is no failure.
    async fn answer(&self, key: &ClientsKey, answer: StoredAnswer) -> Result<(), StoreError> {
        let mut intent = self.intent();
        keep(&mut intent, key, Some(&answer));
        intent.commit().await.map(drop)
    }
}
