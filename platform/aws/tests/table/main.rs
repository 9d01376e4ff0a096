//! Tables, items and intents on the emulators.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod intents;
mod tables;
