//! Between the wire and the domain: what comes in is parsed into domain types with every fault named, and what
//! goes out is rendered.

pub(crate) mod answer;
pub(crate) mod attributes;
pub(crate) mod body;
pub(crate) mod cursor;
pub(crate) mod faults;
pub(crate) mod idempotency;
mod nesting;
pub(crate) mod page;
