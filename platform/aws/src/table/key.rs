//! How items are named. The control plane's own table:
//!
//! | what | `pk` | `sk` |
//! |---|---|---|
//! | a name that is taken | `name#acme` | `name` |
//! | a pooled admin's address that is taken | `email#ada@example.com` | `email` |
//! | which tenant an operation is of | `operation#<id>` | `operation` |
//! | an operation that is no longer its tenant's newest | `tenant#<id>` | `operation#<id>` |
//! | an event of a tenant, by time; names the event item | `tenant#<id>` | `event#<millis>#<event>` |
//! | an event | `events#NN` | `<millis>#<event>` |
//! | one that is not on the bus yet; names the event item | `outbox#NN` | `<millis>#<event>` |
//! | a tenant in the list of all | `tenants#NN` | `<tenant>` |
//! | a tenant that is not deleted, by placement and tier | `live#NN` | `<placement>#<tier>#<tenant>` |
//! | a placement and tier that was ever used | `tiers` | `<placement>#<tier>` |
//! | an open operation by when its time has passed | `due#NN` | `<millis>#<tenant>` |
//! | an `Idempotency-Key` | `key#<digest of scope>` | `key` |
//! | a report that was taken | `report#<digest of key>` | `report` |
//! | who holds an owner, and what it has | `tenant#<id>`, `stage` | `work` |
//! | a line of an owner's inventory | `tenant#<id>`, `stage` | `inventory#<resource>` |
//! | a wish that somebody looks at an owner | `rings#NN` | `<millis>#<owner>` |
//! | when an owner is looked at next anyway | `rings#NN` | `<millis>#<owner>#next` |
//! | an owner with an inventory | `owners#NN` | `<owner>` |
//! | an owner of which something is watched | `watched#NN` | `<owner>` |
//! | an orphan that a sweep found | `orphans` | `<orphan>` |
//! | an orphan whose removal was asked for | `orphan-removals` | `<orphan>` |
//!
//! `NN` is one of [`SHARDS`], from the id at the key's end, as one partition takes a thousand writes a second at most.
//! Other ports' items are described with them.

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::time::Timestamp;

use super::{Item, Table};

/// Into how many partitions each list is cut.
pub const SHARDS: u8 = 16;

/// An item's table and key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub table: Table,
    pub pk: String,
    /// Only the control plane's own table has one.
    pub sk: Option<String>,
}

impl Key {
    /// In the control plane's own table.
    pub fn of(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { table: Table::ControlPlane, pk: pk.into(), sk: Some(sk.into()) }
    }

    pub fn tenant(id: &TenantId) -> Self {
        Self { table: Table::Tenants, pk: id.as_str().to_owned(), sk: None }
    }

    pub fn registration(id: &RegistrationId) -> Self {
        Self { table: Table::Registrations, pk: id.as_str().to_owned(), sk: None }
    }

    /// The key's attributes: an item to be filled, or the key of a call.
    pub fn item(&self) -> Item {
        let pk = match self.table {
            Table::Tenants => "tenantId",
            Table::Registrations => "tenantRegistrationId",
            Table::ControlPlane => "pk",
        };
        let mut item = Item::from([(pk.to_owned(), AttributeValue::S(self.pk.clone()))]);
        if let Some(sk) = &self.sk {
            item.insert("sk".into(), AttributeValue::S(sk.clone()));
        }
        item
    }
}

/// Which shard an id is in: the same for ever, on every machine.
pub fn shard(id: &str) -> u8 {
    Sha256::digest(id.as_bytes())[0] % SHARDS
}

/// A shard's partition, such as `events#07`.
pub fn sharded(list: &str, shard: u8) -> String {
    format!("{list}#{shard:02}")
}

/// A moment as a key's part: sorts as time does.
pub fn moment(at: Timestamp) -> String {
    format!("{:015}", at.millis().max(0))
}

/// The attribute by which DynamoDB sweeps; nothing is decided by it.
pub fn expires_at(at: Timestamp) -> (String, AttributeValue) {
    ("expiresAt".into(), AttributeValue::N((at.seconds() + 1).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_spread_over_all_shards_and_stay_where_they_are() {
        let mut found = [0_u32; SHARDS as usize];
        for n in 0..1_600 {
            found[shard(&format!("0199b0c2-8f3a-7abc-8def-{n:012x}")) as usize] += 1;
        }
        assert!(found.iter().all(|n| (60..=140).contains(n)), "{found:?}");
        assert_eq!(["acme", "0199b0c2"].map(shard), [2, 7]);
        assert_eq!(sharded("events", 7), "events#07");
    }

    #[test]
    fn moments_sort_as_time_does() {
        let texts = [0, 9, 10, 1_795_000_000_000, 1_795_000_000_001, 253_402_300_799_999]
            .map(|millis| moment(Timestamp::from_millis(millis)));
        assert!(texts.is_sorted());
        assert!(texts.iter().all(|t| t.len() == texts[0].len()));
    }
}
