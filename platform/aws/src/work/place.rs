//! Where the items of an owner are.

use tenantry_contract::id::TenantId;
use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;

use crate::table::{Item, Key, Read, moment, shard, sharded};

pub const RINGS: &str = "rings";
/// Owners that have an inventory.
pub const OWNERS: &str = "owners";
/// Owners of which something is watched.
pub const WATCHED: &str = "watched";
pub const LINE: &str = "inventory#";

/// No id has a dot in it.
const STAGE: &str = ".stage";
/// Tells the one look that an owner's slot names from the wishes of others.
const NEXT: &str = "next";

/// The owner as a part of a key.
pub fn text(owner: &Owner) -> &str {
    owner.tenant().map_or(STAGE, TenantId::as_str)
}

pub fn parse(text: &str) -> Option<Owner> {
    if text == STAGE {
        return Some(Owner::Stage);
    }
    TenantId::parse(text).ok().map(Owner::Tenant)
}

pub fn partition(owner: &Owner) -> String {
    owner.tenant().map_or_else(|| "stage".to_owned(), |id| format!("tenant#{id}"))
}

pub fn slot_key(owner: &Owner) -> Key {
    Key::of(partition(owner), "work")
}

pub fn line_key(owner: &Owner, resource: &ResourceId) -> Key {
    Key::of(partition(owner), format!("{LINE}{resource}"))
}

/// The owner in a list of owners.
pub fn listed(list: &str, owner: &Owner) -> Key {
    let owner = text(owner);
    Key::of(sharded(list, shard(owner)), owner)
}

/// The owner in an item of a list of owners.
pub fn owner_listed(item: &Item) -> Result<Owner, StoreError> {
    parse(item.text("sk")?).ok_or_else(|| item.broken("sk", "an owner"))
}

/// Somebody's wish that the owner is looked at.
pub fn wish_key(owner: &Owner, at: Timestamp) -> Key {
    let owner = text(owner);
    Key::of(sharded(RINGS, shard(owner)), format!("{}#{owner}", moment(at)))
}

/// The look that the owner's slot names. Never the same item as a wish, so that neither is struck for the other.
pub fn next_key(owner: &Owner, at: Timestamp) -> Key {
    let wish = wish_key(owner, at);
    Key { sk: wish.sk.map(|sk| format!("{sk}#{NEXT}")), ..wish }
}

/// An item of the rings.
#[derive(Debug, PartialEq, Eq)]
pub struct Ring {
    pub at: Timestamp,
    pub owner: Owner,
    pub kind: RingKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingKind {
    /// Somebody's wish.
    Wish,
    /// The look that a slot names.
    Look,
}

impl Ring {
    pub fn read(item: &Item) -> Result<Self, StoreError> {
        let parts = || {
            let (at, rest) = item.maybe_text("sk")?.split_once('#')?;
            let (owner, kind) = match rest.split_once('#') {
                None => (rest, RingKind::Wish),
                Some((owner, NEXT)) => (owner, RingKind::Look),
                Some(_) => return None,
            };
            Some(Self { at: Timestamp::from_millis(at.parse().ok()?), owner: parse(owner)?, kind })
        };
        parts().ok_or_else(|| item.broken("sk", "a time and an owner"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_says_who_and_when() {
        let at = Timestamp::from_millis(1_795_000_000_000);
        for owner in [Owner::Stage, Owner::Tenant(TenantId::parse("stage").unwrap())] {
            for (key, kind) in [(wish_key(&owner, at), RingKind::Wish), (next_key(&owner, at), RingKind::Look)] {
                assert_eq!(Ring::read(&key.item()).unwrap(), Ring { at, owner: owner.clone(), kind });
            }
            assert_eq!(owner_listed(&listed(OWNERS, &owner).item()).unwrap(), owner);
        }
        for sk in ["soon#t1", "000001795000000", "000001795000000#t1#last"] {
            assert!(Ring::read(&Key::of("rings#00", sk).item()).is_err(), "{sk}");
        }
    }
}
