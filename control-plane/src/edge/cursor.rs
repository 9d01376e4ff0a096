//! Sealed cursors: a position goes to a client with a MAC over the list it belongs to, so that it can be
//! neither made up nor carried to another list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tenantry_ports::page::Position;

/// Enough of a MAC for a thing that opens no door.
const SEAL: usize = 16;

pub(crate) struct Cursors {
    keyed: Option<Hmac<Sha256>>,
}

impl Cursors {
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC takes a key of any length; the option saves a panic that cannot happen.
        Self { keyed: Hmac::new_from_slice(key).ok() }
    }

    /// Text that can stand in a query as it is.
    pub fn seal(&self, list: &str, filter: &str, position: &Position) -> String {
        let Some(mac) = self.mac(list, filter, position.0.as_bytes()) else { return String::new() };
        let mac = mac.finalize().into_bytes();
        let mut sealed = Vec::with_capacity(SEAL + position.0.len());
        sealed.extend_from_slice(&mac[..SEAL]);
        sealed.extend_from_slice(position.0.as_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    pub fn open(&self, list: &str, filter: &str, token: &str) -> Option<Position> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (seal, position) = sealed.split_at_checked(SEAL)?;
        self.mac(list, filter, position)?.verify_truncated_left(seal).ok()?;
        String::from_utf8(position.to_vec()).ok().map(Position)
    }

    fn mac(&self, list: &str, filter: &str, position: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = self.keyed.clone()?;
        for part in [list.as_bytes(), filter.as_bytes(), position] {
            // Lengths keep the parts apart.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_list_only() {
        let cursors = Cursors::new(&[7; 32]);
        let position = Position("2026-11-22/ä".into());
        let token = cursors.seal("/events", "t1", &position);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{token}");
        assert_eq!(cursors.open("/events", "t1", &token), Some(position));
        assert_eq!(cursors.open("/events", "t2", &token), None);
        assert_eq!(cursors.open("/tenants", "t1", &token), None);
        assert_eq!(cursors.open("/eventst", "1", &token), None);
        assert_eq!(Cursors::new(&[8; 32]).open("/events", "t1", &token), None);
    }

    #[test]
    fn nothing_made_up_opens() {
        let cursors = Cursors::new(&[7; 32]);
        let token = cursors.seal("/events", "", &Position("5".into()));
        for at in 0..token.len() {
            let mut bad = token.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(cursors.open("/events", "", &String::from_utf8(bad).unwrap()), None, "byte {at}");
        }
        for bad in ["x", "!!", "AAAA", &token[..10]] {
            assert_eq!(cursors.open("/events", "", bad), None, "{bad}");
        }
    }
}
