//! AWS mode: the roles as processes of their own, over the adapters on AWS.

pub mod adopt;
pub mod check;
pub mod config;
pub mod operator;
mod place;
mod process;
pub mod roles;
