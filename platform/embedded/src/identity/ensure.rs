//! What the runtime and the composition ask for: pools and first users, as often as they like.

use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::resource::Owner;
use tenantry_contract::want::TenantFacts;
use tenantry_ports::identity::IdentityError;

use super::keys::SigningKey;
use super::pools::{Client, ClientKind, Pool, PoolOwner};
use super::users::{Credential, User};
use super::{Identity, keys, pools, secret, users};

/// The name of a tenant's first user.
const TENANT_ADMIN: &str = "tenant-admin";
const FIRST_ADMIN: &str = "admin";

/// The provider's own pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminPool {
    pub pool: PoolId,
    pub issuer: String,
    pub user_client: ClientId,
    pub machine_client: ClientId,
    pub machine_secret: String,
    pub first_admin: FirstAdmin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAdmin {
    pub user_name: String,
    /// The one-time password: good until the first sign-in changes it.
    pub password: String,
}

impl Identity {
    /// The owner's pool and its client for people.
    #[tracing::instrument(name = "identity.pool.ensure", skip_all, fields(%owner))]
    pub async fn ensure_pool(&self, owner: &Owner) -> Result<(PoolId, ClientId), IdentityError> {
        let (pool, client, _) = self.pool_with_clients(PoolOwner::Of(owner.clone()), None).await?;
        Ok((pool, client))
    }

    /// Removes the owner's pool with its users, keys and sessions, if there is one.
    #[tracing::instrument(name = "identity.pool.remove", skip_all, fields(%owner))]
    pub async fn remove_pool(&self, owner: &Owner) -> Result<(), IdentityError> {
        let owner = PoolOwner::Of(owner.clone());
        let gone = move |conn: &rusqlite::Connection| match pools::of(conn, &owner)? {
            Some(pool) => pools::delete(conn, &pool.id),
            None => Ok(Vec::new()),
        };
        self.0.post.forget(self.0.db.write(gone).await?).await;
        Ok(())
    }

    /// Pools made for the stage and for tenants.
    pub async fn owned_pools(&self) -> Result<Vec<(Owner, PoolId)>, IdentityError> {
        let mut owned = Vec::new();
        for pool in self.0.db.read(pools::all).await? {
            if let PoolOwner::Of(owner) = pool.owner {
                owned.push((owner, pool_id(pool.id)?));
            }
        }
        Ok(owned)
    }

    /// The tenant's first user, with the mail that says so. A user that is there already is left as it is.
    #[tracing::instrument(name = "identity.tenant_admin.ensure", skip_all, fields(%pool, tenant = %facts.id))]
    pub async fn ensure_tenant_admin(&self, pool: &PoolId, facts: &TenantFacts) -> Result<(), IdentityError> {
        let now = self.now();
        let user = User {
            pool: pool.as_str().to_owned(),
            tenant: facts.id.as_str().to_owned(),
            name: TENANT_ADMIN.to_owned(),
            sub: self.0.ids.fresh(),
            email: facts.email.as_str().to_owned(),
            login: facts.email.folded(),
            role: "TenantAdmin".to_owned(),
            tenant_name: facts.name.as_str().to_owned(),
            tenant_tier: facts.tier.clone(),
            credential: self.one_time_credential(),
            enabled: true,
            created: now,
            modified: now,
        };
        let made = self
            .0
            .db
            .write(move |conn| {
                if !admits(conn, &user.pool, &user.tenant)? {
                    return Ok(Ensured::Elsewhere);
                }
                users::readmit(conn, &user.pool, &user.tenant)?;
                if users::insert(conn, &user, true)? {
                    return Ok(Ensured::Owed(Box::new(user)));
                }
                match users::find(conn, &user.pool, &user.tenant, &user.name)? {
                    None => Ok(Ensured::EmailTaken),
                    Some(known) if users::is_mailed(conn, &known.sub)? => Ok(Ensured::Done),
                    Some(known) => Ok(Ensured::Owed(Box::new(known))),
                }
            })
            .await?;
        match made {
            Ensured::Done => Ok(()),
            Ensured::Owed(user) => self.0.post.deliver(*user).await,
            Ensured::EmailTaken => Err(refused("another user of the pool signs in with the tenant admin's e-mail")),
            Ensured::Elsewhere => Err(refused("the pool is not there, or is not for users of this tenant")),
        }
    }

    /// Removes the tenant's users from a pool, and what they hold.
    #[tracing::instrument(name = "identity.tenant_users.remove", skip_all, fields(%pool, %tenant))]
    pub async fn remove_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<(), IdentityError> {
        let (pool, tenant, now) = (pool.as_str().to_owned(), tenant.as_str().to_owned(), self.now());
        let gone = self.0.db.write(move |conn| users::delete_all(conn, &pool, &tenant, now)).await?;
        self.0.post.forget(gone).await;
        Ok(())
    }

    /// Whether a pool has users of a tenant.
    pub async fn has_tenant_users(&self, pool: &PoolId, tenant: &TenantId) -> Result<bool, IdentityError> {
        let (pool, tenant) = (pool.as_str().to_owned(), tenant.as_str().to_owned());
        Ok(self.0.db.read(move |conn| Ok(!users::list(conn, &pool, &tenant, "", 1)?.is_empty())).await?)
    }

    /// The provider's pool: made at the first start with its first admin, the same ever after.
    pub async fn ensure_admin_pool(&self) -> Result<AdminPool, IdentityError> {
        let now = self.now();
        let email = &self.0.config.first_admin_email;
        let first = User {
            pool: String::new(),
            tenant: String::new(),
            name: FIRST_ADMIN.to_owned(),
            sub: self.0.ids.fresh(),
            email: email.as_str().to_owned(),
            login: FIRST_ADMIN.to_owned(),
            role: "SystemAdmin".to_owned(),
            tenant_name: String::new(),
            tenant_tier: String::new(),
            // Always the same, so that the password can be told again at every start, even to one who lost it.
            credential: Credential::OneTime(Vec::new()),
            enabled: true,
            created: now,
            modified: now,
        };
        let (pool, user_client, machine) = self.pool_with_clients(PoolOwner::Admins, Some(first)).await?;
        let machine_client = machine.ok_or_else(|| refused("the admin pool has no client for machines"))?;
        let no_nonce: &[u8] = &[];
        let password = super::password::one_time(&self.0.key, &[pool.as_str(), "", FIRST_ADMIN], no_nonce);
        Ok(AdminPool {
            issuer: self.issuer_url(&pool),
            machine_secret: self.machine_secret(machine_client.as_str()),
            pool,
            user_client,
            machine_client,
            first_admin: FirstAdmin { user_name: FIRST_ADMIN.to_owned(), password },
        })
    }

    fn machine_secret(&self, client: &str) -> String {
        self.0.key.derive_text("machine-secret", &[client.as_bytes()])
    }

    pub(super) fn one_time_credential(&self) -> Credential {
        let mut nonce = vec![0; 16];
        self.0.ids.fill(&mut nonce);
        Credential::OneTime(nonce)
    }

    /// Finds or makes a pool with its clients and its first key, in one write. Only the admins' has a machine's.
    async fn pool_with_clients(
        &self,
        owner: PoolOwner,
        first: Option<User>,
    ) -> Result<(PoolId, ClientId, Option<ClientId>), IdentityError> {
        let now = self.now();
        let ids = &*self.0.ids;
        let pool = Pool { id: format!("local_{}", secret::plain_text(ids, 9)), owner };
        let people = Client { id: secret::plain_text(ids, 26), kind: ClientKind::People, secret_hash: None };
        let machine = (pool.owner == PoolOwner::Admins).then(|| {
            let id = secret::plain_text(ids, 26);
            let secret_hash = Some(secret::digest(&self.machine_secret(&id)));
            Client { id, kind: ClientKind::Machine, secret_hash }
        });
        let key = SigningKey::make(ids.fresh(), now)?;
        let clients = self
            .0
            .db
            .write(move |conn| {
                if let Some(known) = pools::of(conn, &pool.owner)? {
                    return Ok((known.id.clone(), pools::clients(conn, &known.id)?));
                }
                pools::insert(conn, &pool, now)?;
                keys::activate(conn, &pool.id, &key, now)?;
                for client in std::iter::once(&people).chain(&machine) {
                    pools::insert_client(conn, &pool.id, client)?;
                }
                if let Some(first) = first {
                    users::insert(conn, &User { pool: pool.id.clone(), ..first }, false)?;
                }
                Ok((pool.id.clone(), pools::clients(conn, &pool.id)?))
            })
            .await?;
        let (pool, clients) = clients;
        let of = |kind| clients.iter().find(|client| client.kind == kind).map(|client| client_id(&client.id));
        let people = of(ClientKind::People).ok_or_else(|| refused("a pool has no client for people"))??;
        Ok((pool_id(pool)?, people, of(ClientKind::Machine).transpose()?))
    }
}

enum Ensured {
    Done,
    Owed(Box<User>),
    EmailTaken,
    Elsewhere,
}

/// Whether users of the tenant belong into the pool.
pub(super) fn admits(conn: &rusqlite::Connection, pool: &str, tenant: &str) -> rusqlite::Result<bool> {
    Ok(match pools::find(conn, pool)?.map(|pool| pool.owner) {
        Some(PoolOwner::Of(Owner::Stage)) => true,
        Some(PoolOwner::Of(Owner::Tenant(id))) => id.as_str() == tenant,
        Some(PoolOwner::Admins) | None => false,
    })
}

pub(super) fn refused(what: &str) -> IdentityError {
    IdentityError::Broken { what: what.to_owned(), cause: None }
}

pub(super) fn pool_id(text: String) -> Result<PoolId, IdentityError> {
    PoolId::parse(text).map_err(|e| IdentityError::broken("a stored pool id is none", e))
}

pub(super) fn client_id(text: &str) -> Result<ClientId, IdentityError> {
    ClientId::parse(text).map_err(|e| IdentityError::broken("a stored client id is none", e))
}
