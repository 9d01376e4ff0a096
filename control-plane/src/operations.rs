//! Operations: what is being done to tenants, step by step.

pub(crate) mod get;
pub(crate) mod view;
