//! Issuers' public keys, kept, and asked for again when a token names one we have not seen; but not often,
//! as anybody can name a key.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{IdentityError, Issuer, Issuers};
use tokio::sync::Mutex;

use super::bucket::Bucket;
use super::{AuthError, jwks};
use crate::problem::chain;

/// Refreshes of one issuer's keys: so many at once, then one each interval.
const BURST: u32 = 3;
const EVERY: Duration = Duration::from_secs(10);
/// A key that its issuer has taken back is forgotten after so long.
const STALE: Duration = Duration::from_secs(300);

#[derive(Default)]
pub struct Keys {
    slots: RwLock<HashMap<String, Arc<Slot>>>,
}

/// One issuer's keys.
struct Slot {
    set: RwLock<Option<Arc<KeySet>>>,
    /// Held during a refresh, so that there is one at a time.
    refresh: Mutex<Bucket>,
}

struct KeySet {
    keys: HashMap<String, DecodingKey>,
    read_at: Timestamp,
}

impl Keys {
    /// The issuer's key of that id.
    pub async fn get(
        &self,
        issuers: &dyn Issuers,
        issuer: &Issuer,
        kid: &str,
        now: Timestamp,
    ) -> Result<DecodingKey, AuthError> {
        let slot = self.slot(&issuer.url, now);
        let seen = slot.current();
        if let Some(key) = seen.as_ref().filter(|set| set.fresh(now)).and_then(|set| set.keys.get(kid)) {
            return Ok(key.clone());
        }
        let set = slot.refreshed(issuers, issuer, seen, now).await.map_err(AuthError::Unavailable)?;
        set.keys.get(kid).cloned().ok_or(AuthError::Invalid("signed with an unknown key"))
    }

    /// The issuer is none of ours any more.
    pub fn forget(&self, issuer_url: &str) {
        // Anybody can name an issuer that was never ours: they keep nobody waiting who reads.
        if self.slots.read().unwrap_or_else(PoisonError::into_inner).contains_key(issuer_url) {
            self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(issuer_url);
        }
    }

    fn slot(&self, url: &str, now: Timestamp) -> Arc<Slot> {
        if let Some(slot) = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(url) {
            return Arc::clone(slot);
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(url.to_owned()).or_insert_with(|| Arc::new(Slot::new(now))))
    }
}

impl Slot {
    fn new(now: Timestamp) -> Self {
        Self { set: RwLock::new(None), refresh: Mutex::new(Bucket::full(BURST, EVERY, now)) }
    }

    fn current(&self) -> Option<Arc<KeySet>> {
        self.set.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the keys again, unless somebody just did or it is too soon; then what we have must do.
    async fn refreshed(
        &self,
        issuers: &dyn Issuers,
        issuer: &Issuer,
        seen: Option<Arc<KeySet>>,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, IdentityError> {
        let mut bucket = self.refresh.lock().await;
        let have = self.current();
        if let Some(newer) = have.as_ref().filter(|set| seen.as_ref().is_none_or(|old| !Arc::ptr_eq(old, set))) {
            return Ok(Arc::clone(newer));
        }
        if !bucket.take(now) {
            return have.ok_or(IdentityError::Busy { retry_after: EVERY });
        }
        match read(issuers, issuer, now).await {
            Ok(set) => {
                let set = Arc::new(set);
                *self.set.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&set));
                Ok(set)
            }
            Err(error) => {
                // Keys we knew a moment ago are better than no service.
                let Some(set) = have else { return Err(error) };
                tracing::warn!(issuer = issuer.url, error = chain(&error), "an issuer's keys could not be read again");
                Ok(set)
            }
        }
    }
}

impl KeySet {
    fn fresh(&self, now: Timestamp) -> bool {
        now.since(self.read_at) < STALE
    }
}

async fn read(issuers: &dyn Issuers, issuer: &Issuer, now: Timestamp) -> Result<KeySet, IdentityError> {
    let json = issuers.keys(issuer).await?;
    let keys = jwks::parse(&json, issuer.algorithm)
        .map_err(|error| IdentityError::broken("its key set is no JWK set", error))?;
    Ok(KeySet { keys, read_at: now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_forgets_an_issuer_that_is_not_known_waits_for_no_reader() {
        let keys = Arc::new(Keys::default());
        let now = Timestamp::from_millis(0);
        keys.slot("https://known", now);
        let reading = keys.slots.read().unwrap_or_else(PoisonError::into_inner);
        let (done, forgotten) = std::sync::mpsc::channel();
        let forgetting = std::thread::spawn({
            let keys = Arc::clone(&keys);
            move || {
                keys.forget("https://made-up");
                done.send(())
            }
        });
        forgotten.recv_timeout(Duration::from_secs(20)).unwrap();
        drop(reading);
        forgetting.join().unwrap().unwrap();
        keys.forget("https://known");
        assert!(keys.slots.read().unwrap_or_else(PoisonError::into_inner).is_empty());
    }
}
