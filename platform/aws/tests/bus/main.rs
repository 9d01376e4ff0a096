//! The bus on the emulators.

#[path = "../support/mod.rs"]
mod support;

mod giving_up;
mod hurried;
mod publishing;
mod stand;
mod suite;
