//! What any service built on Tenantry reuses: who is asking ([`Tenant`]), data that is always of that
//! tenant ([`Rows`]), ids in paths ([`Key`]), lists in pages ([`ListQuery`]), bodies checked field by field ([`Form`]), and the frame around the
//! routes ([`Frame`]) that lets nobody else in.
//!
//! A handler cannot name another tenant: [`Tenant`] is made by [`Admission`] alone, from a verified token.

mod admission;
mod config;
mod cursor;
mod data;
mod form;
mod frame;
mod key;
mod list;
mod tenant;
#[cfg(feature = "testing")]
pub mod testing;

pub use self::admission::Admission;
pub use self::config::{Faults, ServiceConfig, TablePlace, UsersAccess};
pub use self::data::{Rows, Table};
pub use self::form::Form;
pub use self::frame::Frame;
pub use self::key::Key;
pub use self::list::{LONGEST_PAGE, ListQuery};
pub use self::tenant::{Tenant, TenantAdmin};
