//! Which issuers are trusted, and for what: the pools the configuration names, and those our own records give to a
//! tenant. Nothing a token or a tenant says has a part in it.

mod known;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_contract::id::PoolId;
use tenantry_ports::identity::{Algorithm, IdentityError, Issuer, Issuers, SpeaksFor};

pub(super) use self::known::Known;
use self::known::Memory;
use super::Identity;
use super::errors::stored;
use super::records::{PoolRecord, pool_key};

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
        match self.0.known.recall(&pool) {
            Memory::Fresh(issuer) => return Ok(issuer),
            Memory::Ask => {}
            Memory::TooMany { retry_after } => return Err(IdentityError::Busy { retry_after }),
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
