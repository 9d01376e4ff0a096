//! The runtime with real processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/world.rs"]
mod support;

mod killed;
mod services;
mod suite;
mod things;
