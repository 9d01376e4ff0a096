//! The relay, between tables and a bus on the emulators.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod carrying;
mod costs;
mod halves;
mod leftovers;
mod world;
