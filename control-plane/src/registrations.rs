//! Tenant registrations: a tenant comes, changes and goes through these.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod find;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod retry;
pub(crate) mod update;
pub(crate) mod view;
