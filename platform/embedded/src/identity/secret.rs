//! Opaque secrets: made from random bits or derived from the server's key, kept only as digests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tenantry_ports::ids::Ids;

/// A fresh secret of 256 bits, as URL-safe text.
pub(super) fn fresh(ids: &dyn Ids) -> String {
    let mut bytes = [0; 32];
    ids.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret. It has 256 bits of its own, so a plain digest is enough.
pub(super) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// From this come the secrets that must be the same at every start.
#[derive(Clone)]
pub(super) struct ServerKey([u8; 32]);

impl ServerKey {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Parts are told apart by their lengths, so that no two lists of parts give the same secret.
    pub(super) fn derive(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length")
        };
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    pub(super) fn derive_text(&self, purpose: &str, parts: &[&[u8]]) -> String {
        URL_SAFE_NO_PAD.encode(self.derive(purpose, parts))
    }
}

/// A text of lower-case letters and digits, as pool and client ids are.
pub(super) fn plain_text(ids: &dyn Ids, length: usize) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = vec![0; length * 2];
    ids.fill(&mut bytes);
    bytes.chunks_exact(2).map(|two| LETTERS[usize::from(u16::from_be_bytes([two[0], two[1]])) % 36] as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivation_tells_its_parts_apart() {
        let key = ServerKey::new([7; 32]);
        assert_eq!(key.derive("p", &[b"ab", b"c"]), key.derive("p", &[b"ab", b"c"]));
        assert_ne!(key.derive("p", &[b"ab", b"c"]), key.derive("p", &[b"a", b"bc"]));
        assert_ne!(key.derive("p", &[b"a"]), key.derive("q", &[b"a"]));
        assert_ne!(key.derive("p", &[b"a"]), ServerKey::new([8; 32]).derive("p", &[b"a"]));
    }
}
