//! Hundreds of dedicated tenants at once: the engine and the runtime as they are, an emulator for AWS, and a simulated
//! clock.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../limits/account.rs"]
#[expect(dead_code, reason = "what is made is counted by its name here")]
mod account;
mod families;
mod onboarding;
mod stage;
mod wire;
