//! The engine over the embedded store and a fake cloud, on a paused clock.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are one")]

mod crash;
mod drift;
mod harness;
mod lifecycle;
mod orphans;
mod panics;
mod slow_store;
mod stage;
mod two;
mod world;
