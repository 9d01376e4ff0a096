//! The provisioner: gives tenants their place and takes it away.
//!
//! It reconciles, level-triggered and crash-only. A message or a timer says *look at this owner*; a worker claims
//! the owner, re-reads what there should be ([`plan`]) and what there is (the inventory), takes what steps it can,
//! records them and lets go. Rollback, retry and offboarding are that same mechanism with another desired state:
//! there is no workflow log and no undo code.
//!
//! | module | what it does |
//! |---|---|
//! | [`plan`] | tier × catalogue → wants, pure |
//! | `goal` | what an owner is to have now, in native resources |
//! | `diff` | goal against inventory: what can be done next, pure |
//! | `pass` | one claim of one owner, from claim to release |
//! | `engine` | the loops: doorbell, claims, sweep |

pub mod plan;

mod backoff;
mod config;
mod core;
mod diff;
mod engine;
mod goal;
mod meters;
mod pass;
mod removals;
mod stage;
mod verdict;

pub use self::config::EngineConfig;
pub use self::engine::{Engine, EngineDeps};
