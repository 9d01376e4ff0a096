//! Identity: which issuers are trusted and for what, the provider's admins, and tenants' users.

mod admins;
mod issuers;
mod tenant_users;

pub use self::admins::{Admin, AdminChange, Admins, NewAdmin, SYSTEM_ADMIN};
pub use self::issuers::{Algorithm, Issuer, Issuers, SpeaksFor};
pub use self::tenant_users::{
    LONGEST_TENANT_USER_NAME, NewTenantUser, TENANT_ADMIN, TenantUser, TenantUserChange, TenantUsers,
    is_tenant_user_name,
};

use crate::error::port_error;

/// The longest name of an admin, in characters: Cognito's limit.
pub const LONGEST_USER_NAME: usize = 128;

port_error!(
    /// Why an identity provider did not do what it was asked.
    IdentityError,
    "identity provider"
);

/// Whether a user was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made<T> {
    New(T),
    /// The name, or the e-mail where that must be unique, is taken.
    Taken,
}
