//! What all adapters on DynamoDB stand on: three tables, how their items are named and written, and writes that are
//! one intent each, events and all.
//!
//! A write is an [`Intent`]: actions with conditions, committed in one `TransactWriteItems`, or refused with the
//! conditions that did not hold. [`Database`] is the handle that all ports of the store are implemented on.

mod attempts;
mod batch;
mod cancelled;
mod codec;
mod commit;
mod database;
mod expression;
mod intent;
mod item;
mod key;
mod merge;
mod outbox;
mod outgoing;
mod read;
mod scan;
mod schema;
mod update;

pub use self::attempts::Attempts;
pub use self::codec::{from_value, to_value};
pub use self::commit::{Outcome, Refused};
pub use self::database::{Database, Deps};
pub use self::expression::Expression;
pub use self::intent::{Action, Intent};
pub use self::item::{Item, Read};
pub use self::key::{Key, SHARDS, expires_at, moment, shard, sharded};
pub use self::merge::cut;
pub use self::outbox::{EVENTS_KEPT, Pointer, event_of, expires_soon, readable_event, stored_event};
pub(crate) use self::outgoing::{Load, Outgoing, Published};
pub use self::read::Query;
pub use self::scan::Place;
pub use self::schema::{Index, Spec, create, schema};

/// Which of the three tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// SBT's: what `GET /tenants` shows, and with it the whole record.
    Tenants,
    /// SBT's: what `GET /tenant-registrations` shows.
    Registrations,
    /// Everything else.
    ControlPlane,
}

/// The tables' names, which carry the stack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    pub tenants: String,
    pub registrations: String,
    pub control_plane: String,
}

impl Tables {
    /// The names under a common prefix, such as `prod-TenantDetails`.
    pub fn prefixed(prefix: &str) -> Self {
        Self {
            tenants: format!("{prefix}-TenantDetails"),
            registrations: format!("{prefix}-TenantRegistration"),
            control_plane: format!("{prefix}-ControlPlane"),
        }
    }

    pub fn name(&self, table: Table) -> &str {
        match table {
            Table::Tenants => &self.tenants,
            Table::Registrations => &self.registrations,
            Table::ControlPlane => &self.control_plane,
        }
    }
}
