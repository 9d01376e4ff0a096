//! `Idempotency-Key`: the same request twice is done once and answered twice. The scope of a key is issuer,
//! client, route and key; it lives for 24 hours.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::record::TenantRecord;

use crate::store::StoreError;

/// How long a key is remembered.
pub const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A client's key, and what it was used for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Issuer, client, route and key, in one text.
    pub scope: String,
    /// A digest of the request's body: the same key with another body is a client's mistake.
    pub request: [u8; 32],
}

/// An answer as it was first given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A key with the answer to keep, which is known only once the write is decided.
#[derive(Clone)]
pub struct KeyUse {
    pub key: Key,
    pub answer: Arc<dyn Fn(&TenantRecord) -> StoredAnswer + Send + Sync>,
}

impl fmt::Debug for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyUse").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Keys of requests whose work is not a store's write, such as making a user with the identity provider: the
/// key is taken first and answered last. Between the two, the same request runs again and must find its own
/// work done.
#[async_trait]
pub trait KeyStore: Send + Sync {
    async fn take(&self, key: &Key) -> Result<Taken, StoreError>;

    async fn answer(&self, key: &Key, answer: StoredAnswer) -> Result<(), StoreError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    New,
    /// Taken before by the same request and never answered.
    Unanswered,
    Replayed(StoredAnswer),
    Reused,
}
