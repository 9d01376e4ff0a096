//! Issuers' public keys, kept, and asked for again when they are old or a token names one we have not seen; but not
//! often, as anybody can name a key. They are asked for beside the requests: while requests come, whoever names a key
//! that is known does not wait for an issuer that does not answer.

mod refresh;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{IdentityError, Issuer, Issuers};

use self::refresh::{Refreshes, Started};
use super::AuthError;

/// After so long the keys are asked for again, so that one its issuer has taken back is forgotten.
const STALE: Duration = Duration::from_secs(300);
/// Keys that could not be read again are trusted for so long: better than no service, but not for ever.
const TRUSTED: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Default)]
pub struct Keys {
    slots: RwLock<HashMap<String, Arc<Slot>>>,
}

/// One issuer's keys.
struct Slot {
    set: RwLock<Option<Arc<KeySet>>>,
    refreshes: Refreshes,
}

struct KeySet {
    keys: HashMap<String, DecodingKey>,
    read_at: Timestamp,
}

impl Keys {
    /// The issuer's key of that id.
    pub async fn get(
        &self,
        issuers: &Arc<dyn Issuers>,
        issuer: &Arc<Issuer>,
        kid: &str,
        now: Timestamp,
    ) -> Result<DecodingKey, AuthError> {
        let slot = self.slot(&issuer.url, now);
        let known = slot.current(now).and_then(|set| Some((set.keys.get(kid)?.clone(), set.read_at)));
        if let Some((key, _)) = known.as_ref().filter(|(_, read_at)| now.is_within(STALE, *read_at)) {
            return Ok(key.clone());
        }
        match (known, slot.refresh(issuers, issuer, now)) {
            // Who comes after it has ended hears what it found.
            (Some((key, _)), Started::UnderWay(refresh)) if !refresh.after_a_pause => return Ok(key),
            (Some((key, _)), Started::TooSoon { .. }) => return Ok(key),
            // Nothing is known, or nobody came for so long that the key may have been taken back.
            (_, Started::UnderWay(refresh)) => refresh.ended().await,
            (None, Started::TooSoon { retry_after }) if slot.current(now).is_none() => {
                return Err(AuthError::Unavailable(IdentityError::Busy { retry_after }));
            }
            (None, Started::TooSoon { .. }) => {}
        }
        let Some(set) = slot.current(now) else {
            let error = IdentityError::unavailable("an issuer's keys", "they could not be read, and none are known");
            return Err(AuthError::Unavailable(error));
        };
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
        Self { set: RwLock::new(None), refreshes: Refreshes::new(now) }
    }

    /// What is still trusted.
    fn current(&self, now: Timestamp) -> Option<Arc<KeySet>> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner).clone();
        set.filter(|set| now.since(set.read_at) < TRUSTED)
    }
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
