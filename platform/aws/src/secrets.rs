//! Secrets the server makes for itself: `pk` `secret#<name>`, `sk` `secret`.

use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_ports::secrets::Secrets;
use tenantry_ports::store::StoreError;

use crate::table::{Database, Item, Key, Outcome, Read};

#[async_trait]
impl Secrets for Database {
    async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let key = Key::of(format!("secret#{name}"), "secret");
        if let Some(item) = self.get(&key).await? {
            return read(&item);
        }
        let mut fresh = [0; 32];
        self.ids().fill(&mut fresh);
        let mut intent = self.intent();
        let made = intent.insert(key, [("secret".to_owned(), AttributeValue::B(Blob::new(fresh)))]);
        match intent.commit().await? {
            Outcome::Written => Ok(fresh),
            // Somebody was quicker; theirs stays. Nobody deletes one.
            Outcome::Refused(refused) => match refused.item(made) {
                Some(item) => read(item),
                None => Err(StoreError::Broken { what: format!("the secret {name:?} is not told"), cause: None }),
            },
        }
    }
}

fn read(item: &Item) -> Result<[u8; 32], StoreError> {
    let bytes = item.bytes("secret")?;
    bytes.try_into().map_err(|e| StoreError::broken(format!("{} is not 32 bytes long", item.called()), e))
}
