//! Distinct types for distinct ids, so that the compiler refuses a registration's id where a tenant's is meant.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX} letters, digits, '-' or '_'")]
pub struct NotAnId;

/// The longest id we take: what fits every AWS name we build from one.
const MAX: usize = 64;

fn check(text: &str) -> Result<(), NotAnId> {
    let fits = (1..=MAX).contains(&text.len());
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits && plain { Ok(()) } else { Err(NotAnId) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text for an id if it has an id's form.
            pub fn parse(text: impl Into<String>) -> Result<Self, NotAnId> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A customer of the provider.
    TenantId,
    /// The request that brought a tenant here, and its progress.
    RegistrationId,
    /// One onboarding or offboarding, over all its attempts.
    OperationId,
    /// An event, wherever it travels; consumers dedupe on it.
    EventId,
    /// A user pool of the identity provider (Cognito's `us-east-1_…`, embedded `local_…`).
    PoolId,
    /// An application client of a user pool.
    ClientId,
    /// A process that takes work from the store.
    WorkerId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        assert!(TenantId::parse("0199-ab_C").is_ok());
        for bad in ["", "a b", "a/b", "a:b", "é", &"x".repeat(65)] {
            assert_eq!(TenantId::parse(bad), Err(NotAnId), "{bad:?}");
        }
    }
}
