//! The parts that run as processes of their own.

mod service;
#[cfg(not(feature = "aws"))]
mod without_aws;

pub use self::service::{ServiceArgs, service};
#[cfg(not(feature = "aws"))]
pub use self::without_aws::{Anything, needs_aws};
