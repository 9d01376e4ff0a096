//! Tenants, registrations, operations and the event log on `DynamoDB`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod conformance;
mod faults;
mod unreadable;
mod work;
