//! What tests against the emulators share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "a test may panic, and uses its own part of this"
)]

pub mod counted;
pub mod emulator;
pub mod ids;
pub mod outbox;
pub mod place;
pub mod proxy;
pub mod stand;
pub mod subject;
