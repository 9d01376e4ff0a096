//! Configuration: flags, then the environment, then a file, then defaults. All of it is checked before anything
//! starts, and every fault is told at once.

#[cfg(feature = "aws")]
pub mod aws;
mod faults;
mod file;
mod groups;
mod local;
mod oidc;
mod origins;
mod parse;
mod peers;
mod public;
mod up;

pub use self::faults::Faults;
pub use self::oidc::Oidc;
pub use self::origins::Origins;
pub use self::peers::Peers;
pub use self::public::PublicUrl;
pub use self::up::{Roles, UpArgs, UpSettings};

/// The environment, read here and nowhere else.
#[expect(clippy::disallowed_methods, reason = "this is the place for it")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
