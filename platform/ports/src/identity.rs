//! Identity: which issuers are trusted and for what, the provider's admins, and tenants' users.

mod admins;
mod issuers;
mod tenant_users;

pub use self::admins::{Admin, AdminChange, Admins, NewAdmin, SYSTEM_ADMIN};
pub use self::issuers::{Algorithm, Issuer, Issuers, SpeaksFor};
pub use self::tenant_users::{NewTenantUser, TENANT_ADMIN, TenantUser, TenantUserChange, TenantUsers};

use crate::error::port_error;

/// The longest name of a user, in characters: Cognito's limit.
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
