//! Keys the server makes for itself, such as the one that seals cursors.

use async_trait::async_trait;

use crate::store::StoreError;

#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret of that name: made at the first call, the same ever after, for every process.
    async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError>;
}
