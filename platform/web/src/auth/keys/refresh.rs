//! Asking an issuer for its keys again: one question at a time, in a task of its own, which no caller can hold up by
//! going away and which ends in time whatever the issuer does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{IdentityError, Issuer, Issuers};
use tokio::sync::watch;

use super::{KeySet, STALE, Slot, TRUSTED};
use crate::auth::bucket::Bucket;
use crate::auth::jwks;
use crate::problem::chain;

/// Refreshes of one issuer's keys: so many at once, then one each interval.
const BURST: u32 = 3;
const EVERY: Duration = Duration::from_secs(10);
/// An issuer that has not answered by then does not.
const LIMIT: Duration = Duration::from_secs(5);

/// One issuer's refreshes.
pub struct Refreshes(Mutex<State>);

struct State {
    bucket: Bucket,
    last: Option<Refresh>,
    began: Timestamp,
}

/// One refresh, which ends when its task lets go of the other side.
#[derive(Clone)]
pub struct Refresh {
    under_way: watch::Receiver<()>,
    /// There was none for long before it.
    pub after_a_pause: bool,
}

pub enum Started {
    /// This one, or somebody else's before.
    UnderWay(Refresh),
    TooSoon {
        retry_after: Duration,
    },
}

impl Refreshes {
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(State { bucket: Bucket::full(BURST, EVERY, now), last: None, began: now }))
    }
}

impl Refresh {
    pub async fn ended(mut self) {
        // Nothing is ever sent.
        while self.under_way.changed().await.is_ok() {}
    }

    fn under_way(&self) -> bool {
        self.under_way.has_changed().is_ok()
    }
}

impl Slot {
    /// Begins to read the keys again, unless somebody does already or it is too soon.
    pub(super) fn refresh(
        self: &Arc<Self>,
        issuers: &Arc<dyn Issuers>,
        issuer: &Arc<Issuer>,
        now: Timestamp,
    ) -> Started {
        let mut state = self.refreshes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refresh) = state.last.as_ref().filter(|refresh| refresh.under_way()) {
            return Started::UnderWay(refresh.clone());
        }
        if !state.bucket.take(now) {
            return Started::TooSoon { retry_after: EVERY };
        }
        let (under_way, ended) = watch::channel(());
        let refresh = Refresh { under_way: ended, after_a_pause: !now.is_within(2 * STALE, state.began) };
        (state.last, state.began) = (Some(refresh.clone()), now);
        let (slot, issuers, issuer) = (Arc::clone(self), Arc::clone(issuers), Arc::clone(issuer));
        tokio::spawn(async move {
            slot.read(&*issuers, &issuer, now).await;
            drop(under_way);
        });
        Started::UnderWay(refresh)
    }

    async fn read(&self, issuers: &dyn Issuers, issuer: &Issuer, now: Timestamp) {
        let read = tokio::time::timeout(LIMIT, read(issuers, issuer, now));
        let error = match read.await {
            Ok(Ok(set)) => {
                *self.set.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(set));
                return;
            }
            Ok(Err(error)) => error,
            Err(late) => IdentityError::unavailable(format!("no answer within {} s", LIMIT.as_secs()), late),
        };
        let (issuer, error) = (&issuer.url, chain(&error));
        let known = self.set.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|set| set.read_at);
        match known {
            Some(at) if now.since(at) < TRUSTED => {
                let until = at.plus(TRUSTED);
                tracing::warn!(issuer, error, %until, "an issuer's keys could not be read again; the known ones are trusted for now");
            }
            Some(_) => {
                tracing::error!(issuer, error, "an issuer's keys are too old to be trusted and could not be read");
            }
            None => tracing::warn!(issuer, error, "an issuer's keys could not be read"),
        }
    }
}

async fn read(issuers: &dyn Issuers, issuer: &Issuer, now: Timestamp) -> Result<KeySet, IdentityError> {
    let json = issuers.keys(issuer).await?;
    let keys = jwks::parse(&json, issuer.algorithm)
        .map_err(|error| IdentityError::broken("its key set is no JWK set", error))?;
    Ok(KeySet { keys, read_at: now })
}
