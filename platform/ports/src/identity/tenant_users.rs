//! A tenant's users. A name is unique in its tenant, not in a pool that tenants share.

use async_trait::async_trait;
use tenantry_contract::id::TenantId;
use tenantry_contract::name::Email;
use tenantry_contract::time::Timestamp;

use super::{IdentityError, Made};
use crate::page::{Page, PageRequest};

/// The role of those who manage a tenant's users. The last of them that is enabled stays so, or nobody could manage
/// them any more: what would change that is refused as [`Refusal::LastAdmin`](crate::error::Refusal::LastAdmin).
pub const TENANT_ADMIN: &str = "TenantAdmin";

/// The longest name of a tenant's user, in bytes: as long as an e-mail address may be.
pub const LONGEST_TENANT_USER_NAME: usize = 254;

/// Whether a tenant's user may have that name: any text of 1 to [`LONGEST_TENANT_USER_NAME`] bytes without control
/// characters, that neither begins nor ends with a space.
pub fn is_tenant_user_name(name: &str) -> bool {
    (1..=LONGEST_TENANT_USER_NAME).contains(&name.len()) && name.trim() == name && !name.chars().any(char::is_control)
}

#[async_trait]
pub trait TenantUsers: Send + Sync {
    /// Makes a user of the tenant, who gets a temporary password by mail.
    async fn create(&self, tenant: &TenantId, new: NewTenantUser) -> Result<Made<TenantUser>, IdentityError>;
    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<TenantUser>, IdentityError>;
    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<TenantUser>, IdentityError>;
    async fn update(
        &self,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Option<TenantUser>, IdentityError>;
    /// False if there was none.
    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, IdentityError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenantUser {
    pub name: String,
    pub email: Email,
    /// `TenantAdmin` or `TenantUser`.
    pub role: String,
    pub tenant_name: String,
    pub tenant_tier: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantUserChange {
    pub email: Option<Email>,
    pub role: Option<String>,
    pub enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantUser {
    pub name: String,
    pub email: String,
    pub role: String,
    pub status: String,
    pub enabled: bool,
    pub created: Timestamp,
    pub modified: Timestamp,
}
