//! Between the store's errors and ours.

use tenantry_ports::identity::IdentityError;
use tenantry_ports::store::StoreError;

/// The table that remembers users and pools is part of the identity provider.
pub(super) fn stored(error: StoreError) -> IdentityError {
    match error {
        StoreError::Unavailable { what, applied, cause } => IdentityError::Unavailable { what, applied, cause },
        StoreError::Busy { retry_after } => IdentityError::Busy { retry_after },
        StoreError::Full { what } => IdentityError::Full { what },
        StoreError::Refused(refusal) => IdentityError::Refused(refusal),
        StoreError::Broken { what, cause } => IdentityError::Broken { what, cause },
    }
}

pub(super) fn refused(what: impl Into<String>) -> IdentityError {
    IdentityError::Broken { what: what.into(), cause: None }
}
