//! How often we call AWS, by a simulated clock.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod account;
mod onboarding;
mod polling;
mod waiting;
