//! Tenants' data: what is asked of STS and with whose credentials DynamoDB is called, and the suite on emulators.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fake;
mod sessions;
mod suite;
#[path = "../support/mod.rs"]
mod support;
