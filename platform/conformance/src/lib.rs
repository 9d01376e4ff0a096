//! What every adapter must do, as suites of named cases; and what tests above the adapters stand on: a stateful
//! fake runtime and decorators that make a port fail on purpose.
//!
//! A suite is a macro that makes one test of each case, over a function that gives a fresh subject:
//!
//! ```text
//! async fn sqlite() -> Subject { … }
//! tenantry_conformance::store_suite!(sqlite);
//! ```
//!
//! With `threads:` before the function the cases run on several threads and the subject's clock must be one that
//! is moved by hand ([`subject::HandClock`]); without, on one thread with tokio's clock paused.
//!
//! The cases assume nothing that a queue or a table far away does not promise: no order of lists, no exact time,
//! no wake-up inside one process; messages come at least once and in no order.

#[macro_use]
mod cases;
pub mod fake_runtime;
pub mod fault;
pub mod make;
pub mod subject;

#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod bus;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod data;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod identity;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod keys;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod log;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod orphans;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod runtime;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod secrets;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod store;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod usage;
#[expect(clippy::unwrap_used, reason = "a suite is a test")]
pub mod work;

pub use self::subject::Subject;
