//! The roles as processes of their own, on an emulated AWS.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../../platform/aws/tests/support/proxy.rs"]
#[expect(dead_code, reason = "the AWS adapters' tests use all of it")]
mod proxy;

mod adopting;
mod checking;
mod drift;
mod faults;
mod fences;
mod interruption;
mod inventory;
mod lifecycle;
mod missing;
mod pooled;
mod reports;
mod role;
mod stage;
mod starting;
mod tags;
mod task;
mod trading;
mod unanswered;
