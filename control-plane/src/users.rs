//! The provider's own people, who call this API.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod disable;
pub(crate) mod enable;
pub(crate) mod get;
mod grant;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod view;
