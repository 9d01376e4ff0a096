//! AWS mode: the roles as processes of their own, over the adapters on AWS.

pub mod config;
mod place;
mod process;
pub mod roles;
