//! Which issuers are trusted, and for what: only pools made here, bound by whose they are.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_contract::resource::Owner;
use tenantry_ports::identity::{Algorithm, IdentityError, Issuer, Issuers, SpeaksFor};

use super::Identity;
use super::ensure::{client_id, pool_id, refused};
use super::keys::{self, SigningKey};
use super::pools::{self, ClientKind, PoolOwner};

#[async_trait]
impl Issuers for Identity {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        let base = self.0.config.base_url.get();
        let Some(id) = url.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')) else { return Ok(None) };
        if base.is_empty() || PoolId::parse(id).is_err() {
            return Ok(None);
        }
        let id = id.to_owned();
        let found = self
            .0
            .db
            .read(move |conn| {
                let pool = pools::find(conn, &id)?;
                let clients = pools::clients(conn, &id)?;
                Ok(pool.map(|pool| (pool, clients)))
            })
            .await?;
        let Some((pool, clients)) = found else { return Ok(None) };
        let of = |kind: ClientKind| -> Result<Vec<ClientId>, IdentityError> {
            clients.iter().filter(|client| client.kind == kind).map(|client| client_id(&client.id)).collect()
        };
        let (user_clients, machine_clients) = (of(ClientKind::People)?, of(ClientKind::Machine)?);
        Ok(Some(Arc::new(Issuer {
            url: url.to_owned(),
            pool: pool_id(pool.id)?,
            speaks_for: match pool.owner {
                PoolOwner::Admins => SpeaksFor::Admins,
                PoolOwner::Of(Owner::Stage) => SpeaksFor::Pooled,
                PoolOwner::Of(Owner::Tenant(id)) => SpeaksFor::Tenant(id),
            },
            algorithm: Algorithm::Es256,
            user_clients,
            machine_clients,
        })))
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError> {
        self.published_keys(issuer.pool.as_str()).await
    }
}

impl Identity {
    pub(super) async fn published_keys(&self, pool: &str) -> Result<Vec<u8>, IdentityError> {
        let (pool, now) = (pool.to_owned(), self.now());
        keys::published(&self.0.db.read(move |conn| keys::live(conn, &pool, now)).await?)
    }

    /// Signs with a new key from now on; tokens of the old one stay good until they expire.
    pub async fn rotate_keys(&self, pool: &PoolId) -> Result<(), IdentityError> {
        self.rotate(pool.as_str()).await.map(drop)
    }

    /// The key that signs today, which is a new one when the last has served its time.
    pub(super) async fn signing_key(&self, pool: &str) -> Result<SigningKey, IdentityError> {
        let id = pool.to_owned();
        match self.0.db.read(move |conn| keys::active(conn, &id)).await? {
            Some(key) if self.now().since(key.created) < keys::SIGNS_FOR => Ok(key),
            _ => self.rotate(pool).await,
        }
    }

    async fn rotate(&self, pool: &str) -> Result<SigningKey, IdentityError> {
        let (pool, now) = (pool.to_owned(), self.now());
        let key = SigningKey::make(self.0.ids.fresh(), now)?;
        self.0
            .db
            .write(move |conn| {
                // A pool that is being removed gets no key that would outlive it.
                let there = pools::find(conn, &pool)?.is_some();
                if there {
                    keys::activate(conn, &pool, &key, now)?;
                }
                Ok(there.then_some(key))
            })
            .await?
            .ok_or_else(|| refused("there is no such pool"))
    }
}
