//! Tenants, as they are.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod operations;
pub(crate) mod raw;
pub(crate) mod unreadable;
pub(crate) mod update;
pub(crate) mod view;
