//! Identity on the emulators.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod admins;
mod faults;
mod forged;
mod pools;
mod proxy;
mod suite;
mod undelivered;
mod world;
