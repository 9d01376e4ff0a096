//! Identity on Cognito: a pool for the provider's admins and one that pooled tenants share, which the stage's stack
//! makes, and a pool for each dedicated tenant, which the runtime asks for.
//!
//! Cognito keeps passwords and sessions. Which users a tenant has, under which names, and which pool is whose, is
//! kept in the control plane's table (`records`): a list of a tenant's users, or the question whose an issuer is,
//! never becomes a search in Cognito.

mod admins;
mod calls;
mod errors;
mod first_user;
mod issuers;
mod keys;
pub mod pools;
mod records;
pub mod stage;
mod tenant_users;

use std::sync::Arc;

use aws_config::SdkConfig;
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_ports::identity::IdentityError;

use self::calls::Cognito;
pub use self::keys::issuer_base;
pub(crate) use self::records::{leading_keys, own_pool_keys, shared_keys};
use crate::limits::Limits;
use crate::table::Database;

/// What identity needs to know of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pools {
    /// The installation's name: begins the name of every tenant's pool and is in its tags.
    pub stage: String,
    /// None for a process that has nothing to do with admins.
    pub admins: Option<AdminPool>,
    /// The pool pooled tenants share, if a tier is pooled.
    pub pooled: Option<SharedPool>,
    /// Where the tenants' application may be sent back to; bare origins.
    pub app_origins: Vec<String>,
    pub mail: Mail,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminPool {
    pub id: PoolId,
    pub user_clients: Vec<ClientId>,
    pub machine_clients: Vec<ClientId>,
    /// A user whose role is the name of one of these groups is in it.
    pub groups: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedPool {
    pub id: PoolId,
    pub client: ClientId,
}

/// Who sends the mail of tenants' pools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mail {
    /// Cognito itself: about fifty mails a day.
    #[default]
    Cognito,
    /// An identity verified in SES.
    Ses { from: String, source_arn: String },
}

/// All ports of identity in one handle.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    cognito: Cognito,
    database: Database,
    config: Pools,
    keys: keys::Keys,
    known: issuers::Known,
}

impl Identity {
    /// Keys are read where the SDK's configuration leads, as all calls are.
    pub fn new(sdk: &SdkConfig, limits: Limits, database: Database, config: Pools) -> Result<Self, IdentityError> {
        let keys = keys::Keys::new(sdk.endpoint_url())?;
        let known = issuers::Known::default();
        Ok(Self(Arc::new(Inner { cognito: Cognito::new(sdk, limits), database, config, keys, known })))
    }

    pub fn pools(&self) -> &Pools {
        &self.0.config
    }

    /// The `iss` of a pool's tokens.
    pub fn issuer_url(&self, pool: &PoolId) -> String {
        keys::issuer_url(pool)
    }

    /// Where a pool's public keys are, for a service that checks tokens itself.
    pub fn jwks_url(&self, pool: &PoolId) -> String {
        self.0.keys.url(pool)
    }
}
