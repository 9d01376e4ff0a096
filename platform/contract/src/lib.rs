//! Tenantry's vocabulary: ids, the catalogue, tenants, operations and events, and the rules between them.
//!
//! Nothing here does I/O, knows a clock or a framework. A change of state is a pure function from a
//! [`record::TenantRecord`] to another one and the events it causes ([`lifecycle`]); store adapters make
//! "load, decide, write" atomic in their own way.

pub mod attributes;
pub mod catalogue;
pub mod event;
pub mod id;
pub mod lifecycle;
pub mod name;
pub mod operation;
pub mod orphan;
pub mod record;
pub mod resource;
pub mod status;
pub mod time;
pub mod want;
