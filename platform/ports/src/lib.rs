//! The traits Tenantry stands on. Each method is one intent that an adapter makes atomic in its own way: a state
//! change and its events are always one write, and an expected refusal is a value, not an error.
//!
//! Adapters mirror this crate file by file. `tenantry-conformance` holds the suite each of them must pass.

pub mod bus;
pub mod clock;
pub mod data;
pub mod error;
pub mod identity;
pub mod ids;
pub mod keys;
pub mod log;
pub mod orphans;
pub mod page;
pub mod routes;
pub mod runtime;
pub mod secrets;
pub mod store;
pub mod usage;
pub mod work;
