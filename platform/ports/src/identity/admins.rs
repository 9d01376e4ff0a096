//! The provider's own people, who call the admin API.

use async_trait::async_trait;
use tenantry_contract::name::Email;
use tenantry_contract::time::Timestamp;

use super::{IdentityError, Made};
use crate::page::{Page, PageRequest};

/// The group whose members may do everything. The last of them that is enabled stays so, or nobody could let anybody
/// in again: what would change that is refused as [`Refusal::LastAdmin`](crate::error::Refusal::LastAdmin).
pub const SYSTEM_ADMIN: &str = "SystemAdmin";

#[async_trait]
pub trait Admins: Send + Sync {
    /// Makes a user, who gets a temporary password by mail. A role that names a group puts the user into it.
    async fn create(&self, new: NewAdmin) -> Result<Made<Admin>, IdentityError>;
    async fn get(&self, name: &str) -> Result<Option<Admin>, IdentityError>;
    async fn list(&self, page: PageRequest) -> Result<Page<Admin>, IdentityError>;
    /// False if there is no such user.
    async fn update(&self, name: &str, change: AdminChange) -> Result<bool, IdentityError>;
    /// False if there is no such user.
    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<bool, IdentityError>;
    /// False if there was none.
    async fn delete(&self, name: &str) -> Result<bool, IdentityError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdmin {
    pub name: String,
    pub email: Email,
    pub role: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdminChange {
    pub role: Option<String>,
    pub email: Option<Email>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    pub name: String,
    pub email: String,
    pub role: String,
    /// Cognito's words, such as `FORCE_CHANGE_PASSWORD` and `CONFIRMED`.
    pub status: String,
    pub enabled: bool,
    pub created: Timestamp,
    pub modified: Timestamp,
}
