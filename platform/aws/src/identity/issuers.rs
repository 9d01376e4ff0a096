//! Which issuers are trusted, and for what: the pools the configuration names, and those our own records give to a
//! tenant. Nothing a token or a tenant says has a part in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::id::PoolId;
use tenantry_ports::identity::{Algorithm, IdentityError, Issuer, Issuers, SpeaksFor};
use tokio::time::Instant;

use super::Identity;
use super::errors::stored;
use super::records::{PoolRecord, pool_key};

/// How long an answer from the records is good: a removed tenant's issuer is trusted no longer than this.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// Anybody can name a pool; so many are remembered.
const MOST: usize = 10_000;

/// Answers from the records.
#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<PoolId, Answer>>);

#[derive(Clone)]
struct Answer {
    at: Instant,
    issuer: Option<Arc<Issuer>>,
}

impl Known {
    fn get(&self, pool: &PoolId) -> Option<Answer> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(pool).filter(|answer| answer.at.elapsed() < GOOD_FOR).cloned()
    }

    fn put(&self, pool: &PoolId, issuer: Option<Arc<Issuer>>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, answer| answer.at.elapsed() < GOOD_FOR);
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(pool.clone(), Answer { at: Instant::now(), issuer });
    }

    pub(super) fn forget(&self, pool: &PoolId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(pool);
    }
}

#[async_trait]
impl Issuers for Identity {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        let Some(pool) = url.rsplit_once('/').and_then(|(_, id)| PoolId::parse(id).ok()) else { return Ok(None) };
        if self.issuer_url(&pool) != url {
            return Ok(None);
        }
        if let Some(issuer) = self.configured(&pool) {
            return Ok(Some(issuer));
        }
        if let Some(known) = self.0.known.get(&pool) {
            return Ok(known.issuer);
        }
        let found = self.0.database.get(&pool_key(&pool)).await.map_err(stored)?;
        let record = found.as_ref().map(PoolRecord::read).transpose().map_err(stored)?;
        let issuer = record.map(|PoolRecord { tenant, client }| {
            Arc::new(self.of_pool(&pool, SpeaksFor::Tenant(tenant), vec![client], Vec::new()))
        });
        self.0.known.put(&pool, issuer.clone());
        Ok(issuer)
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError> {
        self.0.keys.read(&issuer.pool).await
    }
}

impl Identity {
    fn configured(&self, pool: &PoolId) -> Option<Arc<Issuer>> {
        let config = &self.0.config;
        if let Some(admins) = config.admins.as_ref().filter(|admins| admins.id == *pool) {
            let (people, machines) = (admins.user_clients.clone(), admins.machine_clients.clone());
            return Some(Arc::new(self.of_pool(pool, SpeaksFor::Admins, people, machines)));
        }
        let shared = config.pooled.as_ref().filter(|shared| shared.id == *pool)?;
        Some(Arc::new(self.of_pool(pool, SpeaksFor::Pooled, vec![shared.client.clone()], Vec::new())))
    }

    fn of_pool(
        &self,
        pool: &PoolId,
        speaks_for: SpeaksFor,
        user_clients: Vec<tenantry_contract::id::ClientId>,
        machine_clients: Vec<tenantry_contract::id::ClientId>,
    ) -> Issuer {
        let url = self.issuer_url(pool);
        Issuer { url, pool: pool.clone(), speaks_for, algorithm: Algorithm::Rs256, user_clients, machine_clients }
    }
}
