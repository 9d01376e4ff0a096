//! The runtime on ECS, against the emulators.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod by_hand;
mod roles;
mod rollouts;
mod rows;
mod suite;
mod world;
