//! Tenants' credentials: of one role, each narrowed by STS to one tenant's items.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config;
use aws_sdk_sts::Client;
use tenantry_contract::id::TenantId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tokio::sync::OwnedMutexGuard;

use super::policy;
use crate::fault::{Fault, call};

/// The longest that a role taken on by another role may be held.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// From here on new ones are fetched, beside the requests that still use the old ones.
const RENEW: Duration = Duration::from_secs(5 * 60);
/// Closer to their end than this they are not used: a request takes time, and clocks differ.
const UNUSABLE: Duration = Duration::from_secs(30);
/// After a failed renewal, while the old ones still do.
const PAUSE: Duration = Duration::from_secs(10);
/// So many tenants' sessions are held; a further one takes another's place, which is fetched anew when it is needed.
const HELD: usize = 4_096;

#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    sts: Client,
    role: String,
    table_arn: String,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<TenantId, Arc<Slot>>>,
}

/// A tenant's place. It never changes hands.
#[derive(Default)]
struct Slot {
    current: RwLock<Option<Session>>,
    /// Held by whoever is asking STS.
    asking: Arc<tokio::sync::Mutex<()>>,
    not_before: RwLock<Timestamp>,
}

#[derive(Clone)]
struct Session {
    credentials: Credentials,
    ends: Timestamp,
}

impl Slot {
    /// What there is, if it can be used for as long as `margin` at least.
    fn good_for(&self, margin: Duration, now: Timestamp) -> Option<Session> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|session| session.ends > now.plus(margin)).cloned()
    }

    fn set(&self, session: Option<Session>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = session;
    }

    fn pauses(&self, now: Timestamp) -> bool {
        now < *self.not_before.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn config(self) -> config::Builder {
        // The SDK's own cache keeps one entry for each provider it ever saw, and would keep this one for ever.
        config::Builder::new().credentials_provider(self.credentials).identity_cache(config::IdentityCache::no_cache())
    }
}

impl Sessions {
    pub fn new(sts: Client, role: String, table_arn: String, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { sts, role, table_arn, clock, slots: Mutex::default() }))
    }

    /// What a call must be made with to be this tenant's. Many who ask at once make one call to STS.
    pub async fn of(&self, tenant: &TenantId) -> Result<config::Builder, Fault> {
        let now = self.0.clock.now();
        let slot = self.slot(tenant, now);
        if let Some(session) = slot.good_for(RENEW, now) {
            return Ok(session.config());
        }
        if let Some(session) = slot.good_for(UNUSABLE, now) {
            if !slot.pauses(now)
                && let Ok(turn) = Arc::clone(&slot.asking).try_lock_owned()
            {
                tokio::spawn(self.clone().renew(tenant.clone(), slot, turn));
            }
            return Ok(session.config());
        }
        let _turn = slot.asking.lock().await;
        if let Some(session) = slot.good_for(UNUSABLE, self.0.clock.now()) {
            return Ok(session.config());
        }
        let session = self.assume(tenant).await?;
        slot.set(Some(session.clone()));
        Ok(session.config())
    }

    /// They were refused: the next call fetches new ones.
    pub fn forget(&self, tenant: &TenantId) {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant);
    }

    fn slot(&self, tenant: &TenantId, now: Timestamp) -> Arc<Slot> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(tenant) {
            return Arc::clone(slot);
        }
        if slots.len() >= HELD {
            slots.retain(|_, slot| slot.good_for(UNUSABLE, now).is_some());
        }
        if slots.len() >= HELD
            && let Some(other) = slots.keys().next().cloned()
        {
            slots.remove(&other);
        }
        Arc::clone(slots.entry(tenant.clone()).or_default())
    }

    async fn renew(self, tenant: TenantId, slot: Arc<Slot>, turn: OwnedMutexGuard<()>) {
        // Whoever had the turn before may have done it.
        if slot.good_for(RENEW, self.0.clock.now()).is_some() {
            return;
        }
        match self.assume(&tenant).await {
            Ok(session) => slot.set(Some(session)),
            Err(fault) => {
                let until = self.0.clock.now().plus(PAUSE);
                *slot.not_before.write().unwrap_or_else(PoisonError::into_inner) = until;
                tracing::warn!(error = %fault, tenant = %tenant, "a tenant's credentials were not renewed yet");
            }
        }
        drop(turn);
    }

    async fn assume(&self, tenant: &TenantId) -> Result<Session, Fault> {
        let call = call("sts:AssumeRole", format!("role {}", self.0.role));
        let answer = self
            .0
            .sts
            .assume_role()
            .role_arn(&self.0.role)
            // So that CloudTrail names the tenant. An id is never longer than a session's name may be.
            .role_session_name(tenant.as_str())
            .policy(policy::of(tenant, &self.0.table_arn))
            .duration_seconds(i32::try_from(LIFE.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| call.clone().fault(error))?;
        let given = answer.credentials.ok_or_else(|| call.clone().nonsense("STS gave no credentials"))?;
        let ends = given.expiration.to_millis().map_err(|_| call.nonsense("STS gave credentials without an end"))?;
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "sts:AssumeRole for a tenant",
        );
        Ok(Session { credentials, ends: Timestamp::from_millis(ends) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct AtZero;

    impl Clock for AtZero {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }
    }

    #[test]
    fn no_more_than_a_bound_is_held_and_none_is_shared() {
        let sts = Client::from_conf(aws_sdk_sts::Config::builder().behavior_version_latest().build());
        let sessions = Sessions::new(sts, "role".into(), "table".into(), Arc::new(AtZero));
        let tenant = |n: usize| TenantId::parse(format!("tenant{n}")).unwrap();
        for n in 0..HELD + 10 {
            let slot = sessions.slot(&tenant(n), Timestamp::default());
            let credentials = Credentials::new(format!("key{n}"), "secret", None, None, "tests");
            assert!(slot.current.read().unwrap().is_none(), "a place that another tenant had");
            slot.set(Some(Session { credentials, ends: Timestamp::from_millis(i64::MAX) }));
        }
        let slots = sessions.0.slots.lock().unwrap();
        assert_eq!(slots.len(), HELD);
        for (tenant, slot) in slots.iter() {
            let held = slot.current.read().unwrap().clone().unwrap();
            assert_eq!(held.credentials.access_key_id().replace("key", "tenant"), tenant.as_str());
        }
    }
}
