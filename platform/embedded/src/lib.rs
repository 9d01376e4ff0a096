//! The one-machine adapters: SQLite store, bus and data, the local issuer, local processes.

mod bus;
pub mod clock;
pub mod data;
pub mod database;
pub mod identity;
pub mod ids;
mod keys;
mod log;
mod orphans;
pub mod runtime;
mod secrets;
pub mod sqlite;
mod store;
pub mod supervise;
mod usage;
mod work;
