//! Issuers: bound to what they may speak for by us, never by anything a token or a tenant says.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_contract::id::{ClientId, PoolId, TenantId};

use super::IdentityError;

#[async_trait]
pub trait Issuers: Send + Sync {
    /// The issuer of that URL, if we configured or made it.
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError>;

    /// Its public keys, as a JWK set in JSON, read afresh. Callers cache and limit how often they ask.
    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The `iss` of its tokens.
    pub url: String,
    pub pool: PoolId,
    pub speaks_for: SpeaksFor,
    /// The one algorithm its tokens are signed with.
    pub algorithm: Algorithm,
    /// Clients for people; their tokens' scopes are bounded by the person's groups.
    pub user_clients: Vec<ClientId>,
    /// Clients for machines.
    pub machine_clients: Vec<ClientId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeaksFor {
    /// The provider's admins.
    Admins,
    /// Users of any pooled tenant.
    Pooled,
    /// Users of this tenant alone.
    Tenant(TenantId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Es256,
    Rs256,
}
