//! The bus on the emulators.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod giving_up;
mod hurried;
mod publishing;
mod suite;

use support::stand;
