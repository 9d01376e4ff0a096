//! What is remembered in the control plane's table:
//!
//! | what | `pk` | `sk` |
//! |---|---|---|
//! | a tenant's own pool | `own-pool#<tenant>` | `own-pool` |
//! | whose a pool is | `pool#<pool>` | `pool` |
//! | whether a tenant is gone | `users#<tenant>` | `tenant` |
//! | a user of a tenant | `users#<tenant>` | `user#<name>` |
//! | an e-mail that signs in to a pool | `login#<pool>#<e-mail>` | `login` |
//!
//! The last three a dedicated tenant's own service writes, by a role that IAM keeps to the tenant's keys. Which pool is
//! whose is in partitions that no such role can write: nothing that a tenant's service does gives it another pool.

mod user;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::name::Email;
use tenantry_ports::store::StoreError;

use crate::table::{Item, Key, Read};

pub(super) use self::user::{Pending, State, UserRecord};

pub(super) fn own_pool_key(tenant: &TenantId) -> Key {
    Key::of(own_pool_of(tenant), "own-pool")
}

fn own_pool_of(tenant: &TenantId) -> String {
    format!("own-pool#{tenant}")
}

pub(super) fn gone_key(tenant: &TenantId) -> Key {
    Key::of(users_of(tenant), "tenant")
}

pub(super) fn users_of(tenant: &TenantId) -> String {
    format!("users#{tenant}")
}

pub(super) fn user_key(tenant: &TenantId, name: &str) -> Key {
    Key::of(users_of(tenant), format!("{USER}{}", plain(name)))
}

/// Begins the sort keys of users.
pub(super) const USER: &str = "user#";

pub(super) fn login_key(pool: &PoolId, email: &Email) -> Key {
    Key::of(format!("login#{pool}#{}", email.folded()), "login")
}

/// The partition keys that a tenant's own users are kept under, as IAM matches them.
pub fn leading_keys(tenant: &TenantId, pool: &str) -> [String; 2] {
    [users_of(tenant), format!("login#{pool}#*")]
}

/// The partition key that says which pool these are in: to be read, and not written, by the tenant's own services.
pub fn own_pool_keys(tenant: &TenantId) -> [String; 1] {
    [own_pool_of(tenant)]
}

/// The same for the services of the stage, which serve every tenant of its pool: users, and which pool they are in.
pub fn shared_keys(pool: &str) -> ([String; 2], [String; 1]) {
    (["users#*".to_owned(), format!("login#{pool}#*")], ["own-pool#*".to_owned()])
}

pub(super) fn pool_key(pool: &PoolId) -> Key {
    Key::of(format!("pool#{pool}"), "pool")
}

/// A name as a key's part: keys are plain ASCII, so that walks along them have an end.
fn plain(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::with_capacity(name.len()), |mut key, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte) {
            key.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _written = write!(key, "%{byte:02X}");
        }
        key
    })
}

/// A tenant's own pool: none of it, for a tenant that shares one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OwnPool {
    pub(super) pool: Option<PoolId>,
    pub(super) client: Option<ClientId>,
    /// It may have been made, and its id not been told.
    pub(super) making: bool,
}

impl OwnPool {
    pub(super) fn read(item: Option<&Item>) -> Result<Self, StoreError> {
        let Some(item) = item else { return Ok(Self::default()) };
        let bad = |e| StoreError::broken(format!("{} names no pool", item.called()), e);
        Ok(Self {
            pool: item.maybe_text("pool").map(PoolId::parse).transpose().map_err(bad)?,
            client: item.maybe_text("client").map(ClientId::parse).transpose().map_err(bad)?,
            making: item.contains_key("making"),
        })
    }
}

/// Whose a pool is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PoolRecord {
    pub(super) tenant: TenantId,
    pub(super) client: ClientId,
}

impl PoolRecord {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
        let bad = |e| StoreError::broken(format!("{} names no tenant and client", item.called()), e);
        Ok(Self {
            tenant: TenantId::parse(item.text("tenant")?).map_err(bad)?,
            client: ClientId::parse(item.text("client")?).map_err(bad)?,
        })
    }

    pub(super) fn attributes(&self) -> [(String, AttributeValue); 2] {
        [text("tenant", self.tenant.as_str()), text("client", self.client.as_str())]
    }
}

pub(super) fn text(name: &str, value: impl Into<String>) -> (String, AttributeValue) {
    (name.to_owned(), AttributeValue::S(value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_key_of_its_own() {
        assert_eq!(plain("ada.l-1_@x+y"), "ada.l-1_@x+y");
        assert_eq!(plain("a#b%41"), "a%23b%2541");
        assert_eq!(plain("é~"), "%C3%A9%7E");
        assert!(plain("日本\u{10ffff}").is_ascii());
    }
}
