//! Adopting the tenants of an SBT deployment, on the emulators.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod deployment;
mod interrupted;
mod served;
mod unfit;
