//! argon2id, off the runtime, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tenantry_ports::ids::Ids;
use tokio::sync::Semaphore;

/// 19 MiB twice over: what OWASP asks for at the least, and what two cores can bear.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// More would only take memory from each other.
const AT_ONCE: usize = 2;
/// Who comes when so many wait is sent away rather than kept.
const WAITING: usize = 64;

/// A hash of nothing anybody knows, with the same parameters: a wrong name costs what a wrong password costs.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IGhlcmUuLg$Zyf4l2uMiAJ8E1s0WcqKzQyHk9lGXJ3sB7bY2q0bSJo";

#[derive(Debug, thiserror::Error)]
pub(in super::super) enum HashError {
    #[error("too many passwords are being checked")]
    Busy,
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

#[derive(Clone)]
pub(in super::super) struct Hasher {
    at_once: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Hasher {
    pub(in super::super) fn new() -> Self {
        Self { at_once: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(WAITING)) }
    }

    pub(in super::super) async fn hash(&self, password: String, ids: &dyn Ids) -> Result<String, HashError> {
        let mut salt = [0; 16];
        ids.fill(&mut salt);
        self.run(move || {
            let hash: PasswordHash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(failed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Without a hash to compare with, it takes as long and says no.
    pub(in super::super) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        self.run(move || {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| DECOY.to_owned());
            let parsed = PasswordHash::new(&text).map_err(failed)?;
            Ok(argon2()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _place = self.queue.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = self.at_once.clone().acquire_owned().await.map_err(failed)?;
        // The turn goes with the work: a caller that gives up does not let another one in beside it.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(failed)?
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(e: impl std::fmt::Display) -> HashError {
    HashError::Failed(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Ids for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
        fn fresh(&self) -> String {
            "id".to_owned()
        }
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_alone() {
        let hasher = Hasher::new();
        let hash = hasher.hash("Correct-1".to_owned(), &Zeros).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("Correct-1".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("Correct-2".to_owned(), Some(hash)).await.unwrap());
        assert!(!hasher.verify("Correct-1".to_owned(), None).await.unwrap(), "the decoy is parsed and never matches");
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_sent_away() {
        let hasher = Hasher::new();
        let _all = hasher.queue.clone().try_acquire_many_owned(u32::try_from(WAITING).unwrap()).unwrap();
        assert!(matches!(hasher.verify("x".to_owned(), None).await, Err(HashError::Busy)));
    }
}
