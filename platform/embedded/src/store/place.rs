//! Where a tenant's row is. Its three first ids are one `UUIDv7` but for their last two bits, and the row's number is
//! made of the moment and the counter in it: neither way round anything has to be looked up.

use tenantry_contract::id::{OperationId, RegistrationId, TenantId};
use tenantry_contract::lifecycle::Minted;
use tenantry_ports::ids::{Ids, MintIds};
use uuid::Uuid;

use super::row::IdKind;

/// The bits of the last byte that tell the ids of a tenant apart.
const KIND: u8 = 0b11;
/// 2020-01-01 in milliseconds: 41 bits go from there to 2089.
const FROM: u64 = 1_577_836_800_000;
const MOMENT_BITS: u32 = 41;
const COUNTER_BITS: u32 = 22;

/// The number of the row an id stands for, if it is one of those. The row has to be asked whether it is its.
pub fn of(id: &str) -> Option<i64> {
    let canonical = id.len() == 36 && id.bytes().all(|b| !b.is_ascii_uppercase());
    let uuid = Uuid::try_parse(id).ok().filter(|uuid| canonical && uuid.get_version_num() == 7)?;
    number(uuid.as_bytes())
}

fn number(bytes: &[u8; 16]) -> Option<i64> {
    let take = |from: usize, to: usize| bytes[from..to].iter().fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
    let moment = take(0, 6).checked_sub(FROM).filter(|moment| moment >> MOMENT_BITS == 0)?;
    // Twelve bits after the version, fourteen after the variant.
    let counter = (take(6, 8) & 0xfff) << 14 | (take(8, 10) & 0x3fff);
    let number = (counter >> COUNTER_BITS == 0).then_some(moment << COUNTER_BITS | counter)?;
    i64::try_from(number).ok().filter(|number| *number > 0)
}

/// The first bytes of the ids of row `n`'s tenant.
pub fn prefix(n: i64) -> Option<[u8; 10]> {
    let n = u64::try_from(n).ok()?;
    let (moment, counter) = ((n >> COUNTER_BITS) + FROM, n & ((1 << COUNTER_BITS) - 1));
    let (version, variant) = (0x7000 | counter >> 14, 0x8000 | counter & 0x3fff);
    let mut bytes = [0; 10];
    bytes[..6].copy_from_slice(&moment.to_be_bytes()[2..]);
    bytes[6..8].copy_from_slice(&version.to_be_bytes()[6..]);
    bytes[8..].copy_from_slice(&variant.to_be_bytes()[6..]);
    Some(bytes)
}

/// The tenant's and the registration's id that were made with any of the ids of a tenant.
pub fn relatives(id: &str) -> Option<(TenantId, RegistrationId)> {
    of(id).and_then(|_| family(id)).map(|minted| (minted.tenant_id, minted.registration_id))
}

/// The ids of a new tenant, and its row's number if they tell it.
pub fn mint(ids: &dyn Ids) -> (Minted, Option<i64>) {
    let base = ids.fresh();
    if let (Some(n), Some(minted)) = (of(&base), family(&base)) {
        return (minted, Some(n));
    }
    let (tenant_id, registration_id) = (ids.tenant(), ids.registration());
    (Minted { tenant_id, registration_id, operation_id: ids.operation() }, None)
}

fn family(base: &str) -> Option<Minted> {
    let base = Uuid::try_parse(base).ok()?.into_bytes();
    let text = |kind: IdKind| {
        let mut bytes = base;
        bytes[15] = bytes[15] & !KIND | kind as u8;
        Uuid::from_bytes(bytes).to_string()
    };
    Some(Minted {
        tenant_id: TenantId::parse(text(IdKind::Tenant)).ok()?,
        registration_id: RegistrationId::parse(text(IdKind::Registration)).ok()?,
        operation_id: OperationId::parse(text(IdKind::Operation)).ok()?,
    })
}

/// Whether two ids are of one tenant, as they were made with it.
pub fn is_family(a: &str, b: &str) -> bool {
    let base = |id: &str| {
        let mut bytes = Uuid::try_parse(id).ok()?.into_bytes();
        bytes[15] &= !KIND;
        Some(bytes)
    };
    base(a).is_some_and(|of_a| base(b) == Some(of_a))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tenantry_contract::time::Timestamp;

    use super::*;
    use crate::clock::SystemClock;
    use crate::ids::RandomIds;

    #[tokio::test(start_paused = true)]
    async fn ids_of_a_tenant_name_one_row_and_rows_rise() {
        let ids = RandomIds::new(Arc::new(SystemClock::at(Timestamp::from_millis(1_795_000_000_000))));
        let mut last = 0;
        for _ in 0..10_000 {
            let (minted, n) = mint(&ids);
            let n = n.unwrap();
            assert!(n > last);
            last = n;
            for id in [minted.tenant_id.as_str(), minted.registration_id.as_str(), minted.operation_id.as_str()] {
                assert_eq!(of(id), Some(n), "{id}");
            }
            let bytes = Uuid::try_parse(minted.tenant_id.as_str()).unwrap().into_bytes();
            assert_eq!(prefix(n).unwrap(), bytes[..10]);
            let known = relatives(minted.operation_id.as_str()).unwrap();
            assert_eq!(known, (minted.tenant_id.clone(), minted.registration_id.clone()));
            let (a, b, c) = (minted.tenant_id, minted.registration_id, minted.operation_id);
            assert!(a.as_str() != b.as_str() && b.as_str() != c.as_str() && a.as_str() != c.as_str());
            assert!(is_family(a.as_str(), c.as_str()) && !is_family(a.as_str(), &ids.fresh()));
        }
    }

    #[test]
    fn other_ids_name_none() {
        for id in [
            "acme",
            // Another version, another writing, before 2020, beyond the counter.
            "0199b0c2-8f3a-4abc-8def-0123456789ab",
            "0199B0C2-8F3A-7ABC-8DEF-0123456789AB",
            "0069b0c2-8f3a-7000-8001-0123456789ab",
            "0199b0c2-8f3a-7fff-bfff-0123456789ab",
        ] {
            assert_eq!(of(id), None, "{id}");
        }
        assert!(of("0199b0c2-8f3a-7000-8001-0123456789ab").is_some());
    }
}
