//! What this crate's own tests share.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_ports::ids::Ids;

/// Ids that count from one.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl Ids for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = (self.0.fetch_add(1, Ordering::Relaxed) + 1).to_be_bytes();
        for (at, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = count.iter().rev().nth(at).copied().unwrap_or_default();
        }
    }

    fn fresh(&self) -> String {
        format!("id-{}", self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
