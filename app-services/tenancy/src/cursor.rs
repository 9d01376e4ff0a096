//! Cursors of lists: a position of a list, bound to the tenant and the route it was given for.
//!
//! The digest needs no key, and so no secret that all instances of a service would have to share. It finds what was cut
//! off, changed or carried from another list. It protects nothing: a list is read with the tenant of the verified token,
//! and a position is a key among that tenant's own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tenantry_contract::id::TenantId;
use tenantry_ports::page::Position;

/// Bytes of the digest that a cursor begins with.
const DIGEST: usize = 16;

/// Text that can stand in a query as it is.
pub fn seal(tenant: &TenantId, route: &str, position: &Position) -> String {
    let mut sealed = digest(tenant, route, position.0.as_bytes()).to_vec();
    sealed.extend_from_slice(position.0.as_bytes());
    URL_SAFE_NO_PAD.encode(sealed)
}

/// None for what this list did not give this tenant.
pub fn open(tenant: &TenantId, route: &str, cursor: &str) -> Option<Position> {
    let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (found, position) = sealed.split_at_checked(DIGEST)?;
    if digest(tenant, route, position) != found {
        return None;
    }
    String::from_utf8(position.to_vec()).ok().filter(|position| !position.is_empty()).map(Position)
}

fn digest(tenant: &TenantId, route: &str, position: &[u8]) -> [u8; DIGEST] {
    let mut hash = Sha256::new();
    for part in [b"tenantry list".as_slice(), tenant.as_str().as_bytes(), route.as_bytes(), position] {
        // Lengths keep the parts apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut short = [0; DIGEST];
    short.copy_from_slice(&hash.finalize()[..DIGEST]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let (acme, globex) = (TenantId::parse("acme").unwrap(), TenantId::parse("globex").unwrap());
        let position = Position("user#ä b".into());
        let cursor = seal(&acme, "/orders", &position);
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{cursor}");
        assert_eq!(open(&acme, "/orders", &cursor), Some(position));
        assert_eq!(open(&globex, "/orders", &cursor), None);
        assert_eq!(open(&acme, "/products", &cursor), None);
        for at in 0..cursor.len() {
            let mut bad = cursor.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&acme, "/orders", &String::from_utf8(bad).unwrap()), None, "byte {at}");
        }
        for bad in ["x", "!!", "AAAA", &cursor[..10], &seal(&acme, "/orders", &Position(String::new()))] {
            assert_eq!(open(&acme, "/orders", bad), None, "{bad}");
        }
    }
}
